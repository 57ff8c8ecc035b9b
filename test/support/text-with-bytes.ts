/** JSON with bytes as the characters they are: a token in clear must not hide behind their numbers. */
export function textWithBytes(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    one instanceof Uint8Array ? Buffer.from(one).toString('latin1') : one,
  );
}
