import { type Connection, type ConnectionChanges, leaseEndsAtMs } from '../connection/connection.ts';
import { mayBeOnePerson } from '../connection/connection-id.ts';
import { canRotate } from '../connection/due.ts';
import { retryConflicts } from '../connection/retry-conflicts.ts';
import type { SealedRefreshToken } from '../connection/sealed-token.ts';
import { defined } from '../defined.ts';
import { type Run, updateAsRead } from './run.ts';
import { PARK_MS } from './time-budget.ts';

/** A sealed successor that could not be committed, the generation it was received under, and whose it is. */
export interface UncommittedSuccessor {
  readonly successor: SealedRefreshToken;
  readonly generation: string;
  readonly owner: UncommittedOwner;
}

/**
 * `unproven`: the input of its schedule names an owner without a valid proof. Such an owner may keep a token from being
 * revoked, but cannot cause a revocation.
 */
export type UncommittedOwner = 'unproven' | { readonly subjectKey?: string };

/**
 * `unsettled`: other writes kept coming first, and nothing holds the successor yet. The caller parks it, or keeps the
 * schedule that carries it.
 */
export interface Settlement {
  readonly kind: 'settled' | 'unsettled';
  readonly connection?: Connection;
}

const SETTLE_TRIES = 5;

/**
 * What becomes of a successor that cannot be committed ("A successor that comes too late" in docs/rotation.md).
 * Same generation, version moved on: kept as `alternate`, never revoked, because it may be the live token's parent.
 * Generation moved by a new consent of the same user: left to expire.
 * Of an owner that is not proven: left to expire, unless it is kept as `alternate`.
 * Disconnected, or another user's consent: added to the connection's pending revocations.
 * Each try decides from what is stored then: a disconnect may come between two of them.
 */
export async function settleUncommitted(
  run: Run,
  current: Connection | undefined,
  uncommitted: UncommittedSuccessor,
): Promise<Settlement> {
  let latest = current;
  const settled = await retryConflicts(
    {
      read: async () => latest && run.deps.connections.read(latest.connectionId),
      firstRead: { stored: current },
      maxTries: SETTLE_TRIES,
      pauseWith: run.deps,
    },
    async (stored) => {
      latest = stored;
      return tryToSettle(run, stored, uncommitted);
    },
  );
  return settled === 'contended' ? { kind: 'unsettled', ...defined({ connection: latest }) } : settled;
}

async function tryToSettle(
  run: Run,
  stored: Connection | undefined,
  uncommitted: UncommittedSuccessor,
): Promise<Settlement | 'conflict'> {
  if (stored === undefined) return goneWith(run, uncommitted);
  const changes = changesFor(stored, uncommitted);
  if (changes === undefined) return { kind: 'settled', connection: stored };
  if (!wouldBeOverlooked(run, stored, changes)) {
    const updated = await updateAsRead(run.deps, stored, changes);
    if (updated.kind === 'written') return { kind: 'settled', connection: updated.connection };
  }
  return run.deadline.remainingMs() < PARK_MS ? { kind: 'unsettled', connection: stored } : 'conflict';
}

/**
 * During a rotation. Its commit plans the next due time from what the run read, so it would overlook a revocation that
 * was added since.
 */
function wouldBeOverlooked(run: Run, connection: Connection, { revocations }: ConnectionChanges): boolean {
  return (
    revocations !== undefined && canRotate(connection) && run.deps.clock.nowMs() < leaseEndsAtMs(connection)
  );
}

function goneWith(run: Run, { generation }: UncommittedSuccessor): Settlement {
  run.deps.telemetry.warn('A successor’s connection is gone; it is left to expire.', { generation });
  return { kind: 'settled' };
}

/** `undefined`: there is nothing left to store. */
function changesFor(current: Connection, uncommitted: UncommittedSuccessor): ConnectionChanges | undefined {
  if (current.generation === uncommitted.generation) {
    return isRival(current, uncommitted) ? { alternate: uncommitted.successor } : undefined;
  }
  const { owner } = uncommitted;
  if (owner === 'unproven' || mayBelongToSameUser(current, owner) || isPending(current, uncommitted))
    return undefined;
  return {
    ...(current.state === 'disconnected' && { state: 'disconnecting' as const }),
    // While disconnecting, `version` counts the changes of the list, so that two writers cannot undo each other.
    ...(current.refresh === undefined && { version: current.version + 1 }),
    revocations: [...current.revocations, { kind: 'refresh', token: uncommitted.successor, ...owner }],
  };
}

function isRival(
  { generation, version, alternate }: Connection,
  { successor }: UncommittedSuccessor,
): boolean {
  return generation === successor.generation && version === successor.version && alternate === undefined;
}

/** Where either user is unknown they may be one: IMS may revoke per user, and that would end the new consent. */
function mayBelongToSameUser(
  current: Connection,
  { subjectKey }: Exclude<UncommittedOwner, 'unproven'>,
): boolean {
  const live = current.state !== 'disconnecting' && current.state !== 'disconnected';
  return live && mayBeOnePerson(current.subjectKey, subjectKey);
}

/** An earlier try was stored and its reply lost. */
function isPending({ revocations }: Connection, { successor }: UncommittedSuccessor): boolean {
  return revocations.some(
    ({ kind, token }) => kind === 'refresh' && Buffer.from(token.sealed).equals(successor.sealed),
  );
}
