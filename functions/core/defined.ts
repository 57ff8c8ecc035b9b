type UndefinedKeys<T> = { [Key in keyof T]-?: undefined extends T[Key] ? Key : never }[keyof T];

/** `T` with every member that may be `undefined` made optional instead. */
export type Defined<T> = { [Key in Exclude<keyof T, UndefinedKeys<T>>]: T[Key] } & {
  [Key in UndefinedKeys<T>]?: Exclude<T[Key], undefined>;
};

/** The members that have a value. With `exactOptionalPropertyTypes`, a member that is `undefined` is not an absent one. */
export function defined<const T extends object>(members: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as unknown as Defined<T>;
}
