import type { Connection, DisplacedToken } from '../connection/connection.ts';
import {
  type PendingRevocation,
  refreshBinding,
  revocationBinding,
  type SealBinding,
  type SealedRefreshToken,
} from '../connection/sealed-token.ts';
import { PlatformError } from '../platform-error.ts';
import type { FormerKeyOpener, TokenSealer } from '../ports/sealing.ts';

export interface SealAgainDeps {
  readonly former: FormerKeyOpener;
  readonly sealer: TokenSealer;
}

export interface SealedAgain {
  /** Only what was under a former key. */
  readonly changes: ResealedTokens;
  /** So many were under a former key. */
  readonly tokens: number;
  /** So many open under no key; they stay as they are. */
  readonly unreadable: number;
}

interface ResealedTokens {
  readonly refresh?: SealedRefreshToken;
  readonly previous?: SealedRefreshToken;
  readonly alternate?: SealedRefreshToken;
  readonly displaced?: readonly DisplacedToken[];
  readonly revocations?: readonly PendingRevocation[];
}

/** Seals every token the connection holds under the present keys, as what it was: same generation, same version. */
export async function sealAgain(deps: SealAgainDeps, connection: Connection): Promise<SealedAgain> {
  const count = { tokens: 0, unreadable: 0 };
  const reseal = async (sealed: Uint8Array, binding: SealBinding): Promise<Uint8Array | undefined> => {
    const result = await sealOneAgain(deps, sealed, binding);
    if (result === 'unreadable') count.unreadable += 1;
    if (typeof result === 'string') return undefined;
    count.tokens += 1;
    return result;
  };
  const held = async (name: 'refresh' | 'previous' | 'alternate'): Promise<ResealedTokens> => {
    const token = connection[name];
    const sealed = token && (await reseal(token.sealed, refreshBinding(connection, token)));
    return sealed ? { [name]: { ...token, sealed } } : {};
  };
  const displaced = async (): Promise<ResealedTokens> => {
    const before = count.tokens;
    const tokens: DisplacedToken[] = [];
    for (const token of connection.displaced ?? []) {
      const sealed = await reseal(token.sealed, refreshBinding(connection, token));
      tokens.push(sealed ? { ...token, sealed } : token);
    }
    return count.tokens > before ? { displaced: tokens } : {};
  };
  const owed = async (): Promise<ResealedTokens> => {
    const before = count.tokens;
    const revocations: PendingRevocation[] = [];
    for (const one of connection.revocations) {
      const sealed = await reseal(one.token.sealed, revocationBinding(connection, one));
      revocations.push(sealed ? withSeal(one, sealed) : one);
    }
    return count.tokens > before ? { revocations } : {};
  };
  const changes = {
    ...(await held('refresh')),
    ...(await held('previous')),
    ...(await held('alternate')),
    ...(await displaced()),
    ...(await owed()),
  };
  return { changes, ...count };
}

function withSeal(owed: PendingRevocation, sealed: Uint8Array): PendingRevocation {
  return owed.kind === 'refresh'
    ? { ...owed, token: { ...owed.token, sealed } }
    : { ...owed, token: { ...owed.token, sealed } };
}

async function sealOneAgain(
  { former, sealer }: SealAgainDeps,
  sealed: Uint8Array,
  binding: SealBinding,
): Promise<Uint8Array | 'present-key' | 'unreadable'> {
  try {
    const token = await former.openFormer(sealed, binding);
    if (token === 'present-key') return token;
    return (await sealer.prepare(binding)).seal(token, binding);
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    if (error.code === 'SEAL_BROKEN' || error.code === 'KEY_UNKNOWN') return 'unreadable';
    throw error;
  }
}
