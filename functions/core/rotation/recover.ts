import { type Connection, type ConnectionChanges, hasUncleanLease } from '../connection/connection.ts';
import { STATE_RULES } from '../connection/connection-states.ts';
import { claimedRefreshLife, rotationDueAtMs } from '../connection/lifetime.ts';
import { refreshBinding } from '../connection/sealed-token.ts';
import { defined } from '../defined.ts';
import { PlatformError } from '../platform-error.ts';
import type { Secret } from '../secret.ts';
import { MINUTE_MS } from '../time-units.ts';
import { wait } from './gate.ts';
import { isOwnerProven, type ParkedSuccessor, successorOf } from './parked-successor.ts';
import { RETRY_AFTER_OUR_ERROR_MS } from './pauses.ts';
import {
  createStoredSchedule,
  type Run,
  randomId,
  type StepResult,
  type Stopped,
  updateWithSchedule,
} from './run.ts';
import { type Settlement, settleUncommitted, type UncommittedOwner } from './settle-uncommitted.ts';
import { displacedChanges, successChanges } from './successor.ts';

const NOTHING_PARKED = { kind: 'nothing-parked' } as const;

/** A holder that died may have parked what it received: that comes before any further post. */
export async function recoverBeforePost(
  run: Run,
  connection: Connection,
): Promise<Stopped | typeof NOTHING_PARKED> {
  const nowMs = run.deps.clock.nowMs();
  if (!hasUncleanLease(connection, nowMs)) return NOTHING_PARKED;
  try {
    const parked = await run.deps.parking.find(connection);
    if (parked === undefined) return NOTHING_PARKED;
    switch (await classifyEnvelope(run, connection, parked)) {
      case 'genuine':
        return { kind: 'stopped', result: await recoverGenuine(run, connection, parked) };
      // It may be the only copy of the living token.
      case 'key-unknown':
        return await wait(run, connection, 'key-unavailable', nowMs + RETRY_AFTER_OUR_ERROR_MS);
      // What is broken is no successor, and must not keep the present token from being posted.
      case 'refused':
        return NOTHING_PARKED;
    }
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code !== 'SCHEDULER_UNAVAILABLE') throw error;
    run.deps.telemetry.error('Scheduler cannot say whether a successor is parked.', error);
    return await wait(run, connection, 'backoff', nowMs + MINUTE_MS);
  }
}

/**
 * Commits a parked successor by the same conditional write as any commit. The schedule that carries it goes only when
 * the successor is recovered or proved superseded. A tampered envelope is refused and changes nothing.
 */
export async function recover(
  run: Run,
  connection: Connection | undefined,
  parked: ParkedSuccessor,
): Promise<StepResult> {
  switch (await classifyEnvelope(run, connection, parked)) {
    case 'genuine':
      return recoverGenuine(run, connection, parked);
    case 'refused':
      return { outcome: { outcome: 'superseded' }, ...defined({ connection }) };
    case 'key-unknown':
      // Its schedule stays and fires again: it may be the only copy of the living token.
      return {
        outcome: { outcome: 'waiting', reason: 'key-unavailable', retryAfterMs: MINUTE_MS },
        ...defined({ connection }),
      };
  }
}

/** The same for an envelope that is known to be genuine. */
async function recoverGenuine(
  run: Run,
  connection: Connection | undefined,
  parked: ParkedSuccessor,
): Promise<StepResult> {
  const replaces = connection?.generation === parked.generation && connection.version === parked.version;
  if (!connection || !replaces || !STATE_RULES[connection.state].mayRotate) {
    return superseded(run, connection, parked);
  }
  const recovered = await updateWithSchedule(
    run.deps,
    connection,
    recoveryChanges(run, connection, parked),
    // A due time planned without a revocation that came since would hide it.
    { onlyIfRevocationsAre: connection.revocations.length },
  );
  if (recovered.kind === 'conflict') {
    const current = await run.deps.connections.read(parked.connectionId);
    const owesMore = current !== undefined && current.revocations.length !== connection.revocations.length;
    return owesMore ? recoverGenuine(run, current, parked) : superseded(run, current, parked);
  }
  await run.deps.parking.remove(parked);
  run.deps.telemetry.measure('SuccessorRecovered', 1, 'Count');
  return { outcome: { outcome: 'recovered' }, connection: recovered.connection };
}

function recoveryChanges(run: Run, connection: Connection, parked: ParkedSuccessor): ConnectionChanges {
  const nowMs = run.deps.clock.nowMs();
  const successor = successorOf(parked);
  const life = claimedRefreshLife(connection, parked, nowMs);
  const ids = { commitId: parked.commitId, eventId: randomId(run.deps) };
  return {
    ...successChanges(connection, ids, Math.min(parked.parkedAtMs, nowMs)),
    ...life,
    rotateAtMs: rotationDueAtMs(connection.connectionId, life, nowMs) ?? null,
    version: successor.version,
    refresh: successor,
    alternate: null,
    ...(connection.refresh && {
      previous: connection.refresh,
      ...displacedChanges(connection, connection.refresh, run.deps.settings.revocationScope, nowMs),
    }),
  };
}

/** Another write came first, or the consent it belongs to has ended. */
async function superseded(
  run: Run,
  current: Connection | undefined,
  parked: ParkedSuccessor,
): Promise<StepResult> {
  const { kind, ...left } = await settleParked(run, current, parked);
  // It is nowhere else: its schedule stays, and hands it over again in a minute.
  if (kind === 'unsettled') return { outcome: { outcome: 'busy', retryAfterMs: MINUTE_MS }, ...left };
  await run.deps.parking.remove(parked);
  return { outcome: { outcome: 'superseded' }, ...left };
}

async function settleParked(
  run: Run,
  current: Connection | undefined,
  parked: ParkedSuccessor,
): Promise<Settlement> {
  const { generation, commitId } = parked;
  if (current?.generation === generation && current.commitIds.includes(commitId)) {
    await createStoredSchedule(run, current);
    return { kind: 'settled', connection: current };
  }
  const owner = await provenOwner(run, current, parked);
  return settleUncommitted(run, current, { successor: successorOf(parked), generation, owner });
}

async function provenOwner(
  run: Run,
  connection: Connection | undefined,
  parked: ParkedSuccessor,
): Promise<UncommittedOwner> {
  const { connectionId, subjectKey } = parked;
  if (isOwnerProven(await openEnvelope(run, connection, parked), parked)) {
    return defined({ subjectKey });
  }
  run.deps.telemetry.error('A parked envelope does not prove whose it is.', undefined, { connectionId });
  run.deps.telemetry.measure('ParkedEnvelopeRefused', 1, 'Count');
  return 'unproven';
}

/** `key-unknown`: sealed under a key that this deployment does not name; whether it is ours cannot be told. */
export type EnvelopeKind = 'genuine' | 'refused' | 'key-unknown';

export async function classifyEnvelope(
  run: Run,
  connection: Connection | undefined,
  parked: ParkedSuccessor,
): Promise<EnvelopeKind> {
  const { connectionId } = parked;
  try {
    await openEnvelope(run, connection, parked);
    return 'genuine';
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    if (error.code !== 'SEAL_BROKEN' && error.code !== 'KEY_UNKNOWN') throw error;
    run.deps.telemetry.error('A parked envelope does not open and was not taken over.', error, {
      connectionId,
    });
    run.deps.telemetry.measure('ParkedEnvelopeRefused', 1, 'Count');
    return error.code === 'SEAL_BROKEN' ? 'refused' : 'key-unknown';
  }
}

function openEnvelope(
  { deps }: Run,
  connection: Connection | undefined,
  parked: ParkedSuccessor,
): Promise<Secret> {
  const successor = successorOf(parked);
  const clientId = connection?.clientId ?? deps.settings.clientId;
  const binding = refreshBinding({ connectionId: parked.connectionId, clientId }, successor);
  return deps.opener.open(successor.sealed, binding);
}
