import type { Connection, ConnectionChanges } from '../connection/connection.ts';
import { afterTakeover, nextTryAtMs } from '../connection/due.ts';
import { refreshBinding, type SealedRefreshToken } from '../connection/sealed-token.ts';
import { PlatformError } from '../platform-error.ts';
import type { ClientSecrets } from '../ports/ims.ts';
import type { PreparedSeal } from '../ports/sealing.ts';
import type { Secret } from '../secret.ts';
import { backOffMs } from './pauses.ts';
import {
  type PostedToken,
  RETRY_BROKEN_SEAL_MS,
  SEAL_BROKEN,
  tokenToPost,
  tokenToPostInstead,
} from './refusals.ts';
import {
  type RotationDeps,
  type Run,
  randomId,
  randomShare,
  releaseLease,
  type Stopped,
  stopped,
} from './run.ts';

/** All that can fail harmlessly, done before anything is at stake. */
export interface Prepared {
  readonly refreshToken: Secret;
  readonly clientSecrets: ClientSecrets;
  readonly refreshSeal: PreparedSeal;
  readonly accessSeal: PreparedSeal;
}

export interface Ready {
  readonly kind: 'ready';
  readonly prepared: Prepared;
  readonly posted: PostedToken;
  readonly token: SealedRefreshToken;
}

/**
 * Opens the token that is to be posted, and gets the data keys for its successors and the client secret. Nothing has
 * been posted yet: whatever fails here releases the lease and costs nothing. `not-renewable` is only for the type: a
 * connection without a refresh token does not get this far (`canRotate`).
 */
export function prepareOrRelease(
  run: Run,
  connection: Connection,
  heldByRefusals: boolean,
): Promise<Ready | Stopped> {
  const posted = tokenToPost(connection, heldByRefusals, run.deps.clock.nowMs());
  return prepareToPost(run, connection, posted, heldByRefusals);
}

async function prepareToPost(
  run: Run,
  connection: Connection,
  posted: PostedToken,
  heldByRefusals: boolean,
): Promise<Ready | Stopped> {
  const token = connection[posted];
  if (token === undefined) return stopped({ outcome: 'not-renewable' }, connection);
  const { connectionId } = connection;
  try {
    const prepared = await prepare(run.deps, connection, token);
    if (prepared !== 'not-configured') return { kind: 'ready', prepared, posted, token };
    run.deps.telemetry.error('The client secret has not been filled in yet.');
    run.deps.telemetry.measure('NotConfigured', 1, 'Count');
    return releaseUnposted(run, connection, 'not-configured');
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    if (error.code === 'SEAL_BROKEN') {
      const instead = tokenToPostInstead(connection, posted, heldByRefusals, run.deps.clock.nowMs());
      if (instead === undefined) return degrade(run, connection, error);
      run.deps.telemetry.warn('A token cannot be opened; a fallback is tried.', { connectionId, instead });
      return prepareToPost(run, connection, instead, heldByRefusals);
    }
    run.deps.telemetry.error('A rotation could not be prepared.', error, { connectionId });
    const released = await releaseUnposted(run, connection, 'key-unavailable');
    // A missing permission must reach the caller; nothing was lost to it.
    if (error.code === 'ACCESS_DENIED') throw error;
    return released;
  }
}

/**
 * Throws what the ports throw (`SEAL_BROKEN`, `KEY_UNKNOWN`, `KEY_UNAVAILABLE`, `SECRET_UNAVAILABLE`, `ACCESS_DENIED`).
 */
async function prepare(
  deps: Pick<RotationDeps, 'opener' | 'sealer' | 'clientSecret'>,
  connection: Connection,
  token: SealedRefreshToken,
): Promise<Prepared | 'not-configured'> {
  const [clientSecrets, refreshToken, seals] = await Promise.all([
    deps.clientSecret.read(),
    deps.opener.open(token.sealed, refreshBinding(connection, token)),
    prepareSeals(deps, connection),
  ]);
  if (clientSecrets === 'not-configured') return 'not-configured';
  return { refreshToken, clientSecrets, ...seals };
}

/** The data keys for one answer: a prepared seal seals one token. */
export async function prepareSeals(
  { sealer }: Pick<RotationDeps, 'sealer'>,
  { connectionId, clientId }: Pick<Connection, 'connectionId' | 'clientId'>,
): Promise<Pick<Prepared, 'refreshSeal' | 'accessSeal'>> {
  const [refreshSeal, accessSeal] = await Promise.all([
    sealer.prepare({ purpose: 'refresh', connectionId, clientId }),
    sealer.prepare({ purpose: 'access', connectionId, clientId }),
  ]);
  return { refreshSeal, accessSeal };
}

/** Ends a run that claimed the lease and posted nothing. */
export async function releaseUnposted(
  run: Run,
  connection: Connection,
  reason: 'not-configured' | 'key-unavailable' | 'out-of-time',
): Promise<Stopped> {
  const nowMs = run.deps.clock.nowMs();
  const retryAfterMs = backOffMs(connection, nowMs, randomShare(run.deps));
  run.deps.telemetry.measure('RotationWaits', 1, 'Count', { reason });
  const failures = connection.failures + 1;
  const released = await releaseLease(run, connection, {
    ...(run.request.trigger !== 'vend' && { failures }),
    ...pauseAfterNoPost(run, connection, nowMs + retryAfterMs),
  });
  return stopped({ outcome: 'waiting', reason, retryAfterMs }, released.connection);
}

/**
 * A caller's request that posted nothing delays other callers, so that they do not repeat the same try, but never a
 * rotation that is due.
 */
function pauseAfterNoPost(run: Run, connection: Connection, untilMs: number): ConnectionChanges {
  const nowMs = run.deps.clock.nowMs();
  const nextTryMs = run.request.trigger === 'vend' ? nextTryAtMs(connection, nowMs) : untilMs;
  const pause = nextTryMs <= nowMs ? {} : { nextAttemptAtMs: Math.min(untilMs, nextTryMs) };
  return { ...pause, ...afterTakeover(connection, pause, nowMs) };
}

/** The stored token cannot be opened: our fault, not the user's. */
async function degrade(run: Run, connection: Connection, error: PlatformError): Promise<Stopped> {
  const { connectionId, generation, version } = connection;
  const nowMs = run.deps.clock.nowMs();
  const code = SEAL_BROKEN;
  run.deps.telemetry.error('A stored refresh token cannot be opened.', error, {
    connectionId,
    generation,
    version,
  });
  run.deps.telemetry.measure('ConnectionDegraded', 1, 'Count', { reason: code });
  const event = {
    id: randomId(run.deps),
    type: 'Degraded',
    atMs: nowMs,
    generation,
    detail: { code },
  } as const;
  const released = await releaseLease(run, connection, {
    degraded: { code, sinceMs: connection.degraded?.sinceMs ?? nowMs },
    ...pauseAfterNoPost(run, connection, nowMs + RETRY_BROKEN_SEAL_MS),
    ...(!connection.degraded && { newEvents: [event] }),
  });
  return stopped({ outcome: 'degraded', code }, released.connection);
}
