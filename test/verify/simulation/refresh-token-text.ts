/** What the simulated Adobe writes into its tokens, so that it has to remember little about each. */
export interface TokenFacts {
  readonly grant: number;
  /** Counts the refresh tokens of a grant, from 1. */
  readonly sequence: number;
  readonly expiresAtMs: number;
}

const RADIX = 36;

export function writeRefreshToken({ grant, sequence, expiresAtMs }: TokenFacts): string {
  return `r.${grant.toString(RADIX)}.${sequence.toString(RADIX)}.${expiresAtMs.toString(RADIX)}`;
}

export function readRefreshToken(text: string): TokenFacts | undefined {
  const [kind, grant = '', sequence = '', expiresAtMs = ''] = text.split('.');
  if (kind !== 'r') return undefined;
  return {
    grant: Number.parseInt(grant, RADIX),
    sequence: Number.parseInt(sequence, RADIX),
    expiresAtMs: Number.parseInt(expiresAtMs, RADIX),
  };
}
