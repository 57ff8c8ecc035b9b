import { invalidateAccessTokens } from '../access-tokens/invalidate-access-tokens.ts';
import { CONNECTION_CODE_LIFE_MS, TRANSACTION_LIFE_MS } from '../consent/transaction.ts';
import { PlatformError } from '../platform-error.ts';
import type { SubjectIndex, UnknownOwners } from '../ports/connections.ts';
import { bringInGeneration, type DisconnectDeps, startRevoking } from './begin-disconnect.ts';
import type { Connection } from './connection.ts';
import { subjectKeyOf } from './connection-id.ts';

export interface EraseDeps extends DisconnectDeps {
  readonly subjects: SubjectIndex & UnknownOwners;
  readonly clientId: string;
}

export type EraseResult =
  | {
      readonly result: 'erasing';
      readonly connections: number;
      /** Connections that were imported without a name of their owner: some may be this person's. */
      readonly unknownOwners: number;
      readonly repeatAfterMs: number;
    }
  /** Some connections could not be ended yet. Repeating the call continues. */
  | { readonly result: 'incomplete'; readonly retryAfterMs: number };

export type EraseSubject = (subject: string) => Promise<EraseResult>;

/** A person may have connected under many ids; so many are ended side by side. */
const AT_ONCE = 8;
const RETRY_AFTER_MS = 2_000;

/**
 * Disconnects every connection of one person; the disconnect removes what is stored of them. No revocation starts before
 * all of them have ended: one that still lived would keep Adobe from being told of the others (`revocationScope`).
 * Repeating it is safe, and finishes what an interrupted call left behind. It tells how many connections it could not look at.
 */
export function createEraseSubject(deps: EraseDeps): EraseSubject {
  return async (subject) => {
    const ended = await endConnectionsOf(deps, subjectKeyOf(deps.clientId, subject));
    if (ended.failed) return { result: 'incomplete', retryAfterMs: RETRY_AFTER_MS };
    const unknownOwners = await deps.subjects.countUnknownOwners();
    deps.telemetry.measure('SubjectsErased', 1, 'Count');
    const repeatAfterMs = deps.clock.nowMs() + TRANSACTION_LIFE_MS + CONNECTION_CODE_LIFE_MS;
    return { result: 'erasing', connections: ended.count, unknownOwners, repeatAfterMs };
  };
}

async function endConnectionsOf(deps: EraseDeps, subjectKey: string) {
  const ended: Connection[] = [];
  let contended = false;
  const ids = await deps.subjects.connectionIdsOf(subjectKey);
  const read = await sideBySide(deps, ids, async (connectionId) => {
    // The index lags: by now the id may be somebody else's.
    const disconnecting = await bringInGeneration(deps, connectionId, { subjectKey });
    if (disconnecting === 'contended') contended = true;
    else if (disconnecting !== 'not-found') ended.push(disconnecting);
  });
  const invalidated = await sideBySide(deps, ended, async (connection) => {
    if ((await invalidateAccessTokens(deps, connection)) === 'unsettled') contended = true;
  });
  // Also after a failed burial: `rotate` must hear of the disconnect in any case.
  await sideBySide(deps, ended, ({ connectionId }) => startRevoking(deps, connectionId));
  return { count: ended.length, failed: contended || !read || !invalidated };
}

/** Goes on after a fault: one connection that cannot be ended now must not keep the others alive. Tells whether all went well. */
async function sideBySide<Item>(
  { telemetry }: EraseDeps,
  items: readonly Item[],
  run: (item: Item) => Promise<void>,
): Promise<boolean> {
  let ok = true;
  for (let from = 0; from < items.length; from += AT_ONCE) {
    for (const result of await Promise.allSettled(items.slice(from, from + AT_ONCE).map(run))) {
      if (result.status === 'fulfilled') continue;
      if (!(result.reason instanceof PlatformError)) throw result.reason;
      telemetry.error('A connection of a person could not be ended yet.', result.reason);
      ok = false;
    }
  }
  return ok;
}
