/** Who an Adobe user says to be. Kept only where the operator decided so, and shown by the status alone. */
export interface Profile {
  readonly name?: string;
  readonly email?: string;
}

const LONGEST_NAME = 256;
/** RFC 5321 §4.5.3.1: 64 characters, an at sign, 255 characters. */
const LONGEST_EMAIL = 320;

/** Of the claims of an ID token, name and e-mail address and nothing else; `undefined` when it tells neither. */
export function profileOf(claims: Readonly<Record<string, string | boolean>>): Profile | undefined {
  const { name: fullName, given_name: given, family_name: family, email: address } = claims;
  const name = textOf(fullName, LONGEST_NAME) ?? textOf(joined(given, family), LONGEST_NAME);
  const email = textOf(address, LONGEST_EMAIL);
  if (name === undefined && email === undefined) return undefined;
  return { ...(name !== undefined && { name }), ...(email !== undefined && { email }) };
}

function joined(...parts: readonly unknown[]): string {
  return parts.filter((part) => typeof part === 'string' && part !== '').join(' ');
}

function textOf(claim: unknown, longest: number): string | undefined {
  return typeof claim === 'string' && claim !== '' && claim.length <= longest ? claim : undefined;
}
