import { type Connection, type DisplacedToken, leaseEndsAtMs } from '../connection/connection.ts';
import {
  type PendingRevocation,
  refreshBinding,
  revocationBinding,
  type SealBinding,
  type SealedRefreshToken,
} from '../connection/sealed-token.ts';
import { PlatformError } from '../platform-error.ts';
import type { ConnectionStore } from '../ports/connections.ts';
import type { Telemetry } from '../ports/events.ts';
import type { Clock } from '../ports/platform.ts';
import type { ResealOutcome } from '../ports/rotation.ts';
import type { FormerKeyOpener, TokenSealer } from '../ports/sealing.ts';

export interface ResealConnectionDeps extends SealAgainDeps {
  readonly connections: Pick<ConnectionStore, 'read' | 'update'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly telemetry: Telemetry;
}

export type ResealConnection = (connectionId: string) => Promise<ResealOutcome>;

/**
 * Seals a connection's tokens under the present keys. Nothing is refreshed, and its due time stays as it is. There is one
 * conditional write: a rotation, a disconnect or another token stored meanwhile wins, and the job returns later.
 * @throws PlatformError ACCESS_DENIED, STORE_UNAVAILABLE
 */
export function createResealConnection(deps: ResealConnectionDeps): ResealConnection {
  return async (connectionId) => {
    const connection = await deps.connections.read(connectionId);
    if (connection === undefined) return { outcome: 'not-found' };
    if (deps.clock.nowMs() < leaseEndsAtMs(connection)) return { outcome: 'busy' };
    const resealed = await tryToSeal(deps, () => sealAgain(deps, connection), connectionId);
    if (resealed === 'key-unavailable') return { outcome: resealed };
    const { changes, tokens, unreadable } = resealed;
    if (unreadable > 0) {
      deps.telemetry.warn('No key opens a sealed token. It was left as it is.', { connectionId });
    }
    if (tokens === 0) return { outcome: 'unchanged', unreadable };
    const { refresh, previous, alternate, revocations } = connection;
    const written = await deps.connections.update({
      expected: connection,
      changes,
      onlyIfLeasedBy: connection.lease?.runId ?? null,
      // A response that keeps the refresh token, and an alternate, are stored under the same version.
      onlyIfTokensAre: { refresh, previous, alternate, revocations },
    });
    if (written === 'conflict') return { outcome: 'busy' };
    deps.telemetry.measure('TokensResealed', tokens, 'Count');
    return { outcome: 'resealed', tokens, unreadable };
  };
}

async function tryToSeal(
  { telemetry }: ResealConnectionDeps,
  seal: () => Promise<SealedAgain>,
  connectionId: string,
): Promise<SealedAgain | 'key-unavailable'> {
  try {
    return await seal();
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code !== 'KEY_UNAVAILABLE') throw error;
    telemetry.error('Tokens could not be sealed again.', error, { connectionId });
    return 'key-unavailable';
  }
}

interface SealAgainDeps {
  readonly former: FormerKeyOpener;
  readonly sealer: TokenSealer;
}

interface SealedAgain {
  /** Only tokens that were sealed under a former key. */
  readonly changes: ResealedTokens;
  /** The number of tokens that were sealed under a former key. */
  readonly tokens: number;
  /** The number of tokens that no key opens. They stay as they are. */
  readonly unreadable: number;
}

interface ResealedTokens {
  readonly refresh?: SealedRefreshToken;
  readonly previous?: SealedRefreshToken;
  readonly alternate?: SealedRefreshToken;
  readonly displaced?: readonly DisplacedToken[];
  readonly revocations?: readonly PendingRevocation[];
}

/** Seals every token of the connection under the present keys, bound as it was: same generation, same version. */
async function sealAgain(deps: SealAgainDeps, connection: Connection): Promise<SealedAgain> {
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
  const revocations = async (): Promise<ResealedTokens> => {
    const before = count.tokens;
    const all: PendingRevocation[] = [];
    for (const one of connection.revocations) {
      const sealed = await reseal(one.token.sealed, revocationBinding(connection, one));
      all.push(sealed ? withSeal(one, sealed) : one);
    }
    return count.tokens > before ? { revocations: all } : {};
  };
  const changes = {
    ...(await held('refresh')),
    ...(await held('previous')),
    ...(await held('alternate')),
    ...(await displaced()),
    ...(await revocations()),
  };
  return { changes, ...count };
}

function withSeal(pending: PendingRevocation, sealed: Uint8Array): PendingRevocation {
  return pending.kind === 'refresh'
    ? { ...pending, token: { ...pending.token, sealed } }
    : { ...pending, token: { ...pending.token, sealed } };
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
