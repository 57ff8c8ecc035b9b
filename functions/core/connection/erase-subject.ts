import { invalidateAccessTokens } from '../access-tokens/invalidate-access-tokens.ts';
import { CONNECTION_CODE_LIFE_MS, TRANSACTION_LIFE_MS } from '../consent/transaction.ts';
import { PlatformError } from '../platform-error.ts';
import type { SubjectIndex, UnknownOwners } from '../ports/connections.ts';
import type { Connection } from './connection.ts';
import { subjectKeyOf } from './connection-id.ts';
import { type DisconnectDeps, startDisconnecting, startRevoking } from './disconnect.ts';

export interface EraseDeps extends DisconnectDeps {
  readonly subjects: SubjectIndex & UnknownOwners;
  readonly clientId: string;
}

export type EraseResult =
  | {
      readonly outcome: 'erasing';
      readonly connections: number;
      /** The number of connections that were imported without their owner's `sub`: some may be this person's. */
      readonly unknownOwners: number;
      readonly repeatAfterMs: number;
    }
  /** Some connections could not be disconnected yet. Repeating the call continues. */
  | { readonly outcome: 'incomplete'; readonly retryAfterMs: number };

export type EraseSubject = (subject: string) => Promise<EraseResult>;

/** A person may have connected under many ids: the number disconnected in parallel. */
const AT_ONCE = 8;
const RETRY_AFTER_MS = 2_000;

/**
 * Disconnects every connection of one person, which removes what is stored about them. No revocation starts before all of
 * them have ended: a live connection would keep the others from being revoked at Adobe (`revocationScope`).
 * Repeating it is safe, and completes what an interrupted call left behind.
 */
export function createEraseSubject(deps: EraseDeps): EraseSubject {
  return async (subject) => {
    const ended = await endConnectionsOf(deps, subjectKeyOf(deps.clientId, subject));
    if (ended.failed) return { outcome: 'incomplete', retryAfterMs: RETRY_AFTER_MS };
    const unknownOwners = await deps.subjects.countUnknownOwners();
    deps.telemetry.measure('SubjectsErased', 1, 'Count');
    const repeatAfterMs = deps.clock.nowMs() + TRANSACTION_LIFE_MS + CONNECTION_CODE_LIFE_MS;
    return { outcome: 'erasing', connections: ended.count, unknownOwners, repeatAfterMs };
  };
}

async function endConnectionsOf(deps: EraseDeps, subjectKey: string) {
  const ended: Connection[] = [];
  let contended = false;
  const ids = await deps.subjects.connectionIdsOf(subjectKey);
  const read = await inParallel(deps, ids, async (connectionId) => {
    // The index lags: by now the id may belong to another person.
    const disconnecting = await startDisconnecting(deps, connectionId, { subjectKey });
    if (disconnecting === 'contended') contended = true;
    else if (disconnecting !== 'not-found') ended.push(disconnecting);
  });
  const invalidated = await inParallel(deps, ended, async (connection) => {
    if ((await invalidateAccessTokens(deps, connection)) === 'unsettled') contended = true;
  });
  // Also after a failure: `rotate` must learn of the disconnects in any case.
  await inParallel(deps, ended, ({ connectionId }) => startRevoking(deps, connectionId));
  return { count: ended.length, failed: contended || !read || !invalidated };
}

/** Continues after an error: one connection that cannot be disconnected now must not keep the others alive. Returns whether all succeeded. */
async function inParallel<Item>(
  { telemetry }: EraseDeps,
  items: readonly Item[],
  run: (item: Item) => Promise<void>,
): Promise<boolean> {
  let allSucceeded = true;
  for (let from = 0; from < items.length; from += AT_ONCE) {
    for (const result of await Promise.allSettled(items.slice(from, from + AT_ONCE).map(run))) {
      if (result.status === 'fulfilled') continue;
      if (!(result.reason instanceof PlatformError)) throw result.reason;
      telemetry.error('A connection of a person could not be disconnected yet.', result.reason);
      allSucceeded = false;
    }
  }
  return allSucceeded;
}
