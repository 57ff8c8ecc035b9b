import type { Connection, DisplacedToken } from '../../domain/connection.ts';
import type { PendingRevocation } from '../../domain/pending-revocation.ts';
import { PlatformFault } from '../../domain/platform-fault.ts';
import type { SealBinding, SealedRefreshToken } from '../../domain/sealed-token.ts';
import type { FormerKeyOpener, TokenSealer } from '../../ports/token-sealer.ts';
import { refreshBinding, revocationBinding } from '../rotation/prepare.ts';

export interface SealAnewDeps {
  readonly former: FormerKeyOpener;
  readonly sealer: TokenSealer;
}

export interface SealedAnew {
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
export async function sealAnew(deps: SealAnewDeps, connection: Connection): Promise<SealedAnew> {
  const count = { tokens: 0, unreadable: 0 };
  const anew = async (sealed: Uint8Array, binding: SealBinding): Promise<Uint8Array | undefined> => {
    const result = await sealOneAnew(deps, sealed, binding);
    if (result === 'unreadable') count.unreadable += 1;
    if (typeof result === 'string') return undefined;
    count.tokens += 1;
    return result;
  };
  const held = async (name: 'refresh' | 'previous' | 'alternate'): Promise<ResealedTokens> => {
    const token = connection[name];
    const sealed = token && (await anew(token.sealed, refreshBinding(connection, token)));
    return sealed ? { [name]: { ...token, sealed } } : {};
  };
  const displaced = async (): Promise<ResealedTokens> => {
    const before = count.tokens;
    const tokens: DisplacedToken[] = [];
    for (const token of connection.displaced ?? []) {
      const sealed = await anew(token.sealed, refreshBinding(connection, token));
      tokens.push(sealed ? { ...token, sealed } : token);
    }
    return count.tokens > before ? { displaced: tokens } : {};
  };
  const owed = async (): Promise<ResealedTokens> => {
    const before = count.tokens;
    const revocations: PendingRevocation[] = [];
    for (const one of connection.revocations) {
      const sealed = await anew(one.token.sealed, revocationBinding(connection, one));
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

async function sealOneAnew(
  { former, sealer }: SealAnewDeps,
  sealed: Uint8Array,
  binding: SealBinding,
): Promise<Uint8Array | 'present-key' | 'unreadable'> {
  try {
    const token = await former.openFormer(sealed, binding);
    if (token === 'present-key') return token;
    return (await sealer.prepare(binding)).seal(token, binding);
  } catch (fault) {
    if (!(fault instanceof PlatformFault)) throw fault;
    if (fault.code === 'SEAL_BROKEN' || fault.code === 'KEY_UNKNOWN') return 'unreadable';
    throw fault;
  }
}
