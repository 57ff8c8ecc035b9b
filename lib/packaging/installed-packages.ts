/** What is read of one entry of a `package-lock.json`. */
export interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly peer?: boolean;
}

const LAST_NAME = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/;

/**
 * What npm installs with the package, nothing optional: `name@version`, and the licence each states. Packages marked
 * `devOptional` are here because of a tool of development, and to others an offer, such as TypeScript to valibot.
 */
export function installedPackages(
  packages: Readonly<Record<string, LockedPackage>>,
): ReadonlyMap<string, string | undefined> {
  return new Map(
    Object.entries(packages).flatMap(([path, one]) => {
      const name = LAST_NAME.exec(path)?.[1];
      const left = one.dev || one.devOptional || one.optional || one.peer;
      return name === undefined || left ? [] : [[`${name}@${one.version}`, one.license] as const];
    }),
  );
}
