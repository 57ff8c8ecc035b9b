import type { Connection, ConnectionChanges } from '../connection/connection.ts';
import { STATE_RULES } from '../connection/connection-states.ts';
import { claimedRefreshLife, rotationDueAtMs } from '../connection/lifetime.ts';
import type { SealedRefreshToken } from '../connection/sealed-token.ts';
import { MINUTE_MS } from '../durations.ts';
import { PlatformError } from '../platform-error.ts';
import type { Secret } from '../secret.ts';
import { isOwnerProven } from './parked-successor.ts';
import { refreshBinding } from './prepare.ts';
import type { ParkedSuccessor } from './rotate-request.ts';
import { createStoredSchedule, type Run, randomId, type StepResult, updateWithSchedule } from './run.ts';
import { displacedChanges, successChanges } from './successor.ts';
import {
  type Settlement,
  settleUncommitted,
  successorOf,
  type UncommittedOwner,
} from './uncommitted-successor.ts';

/**
 * Takes over a parked successor by the same conditional write a commit is. The schedule that carries it goes only when the
 * successor is recovered or proved superseded. A tampered envelope is refused and changes nothing.
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
      return { outcome: { outcome: 'superseded' }, ...(connection && { connection }) };
    case 'key-unknown':
      // Its schedule stays and fires again: it may be the only copy of a living token.
      return {
        outcome: { outcome: 'waiting', reason: 'key-unavailable', retryAfterMs: MINUTE_MS },
        ...(connection && { connection }),
      };
  }
}

/** The same for an envelope that is known to be genuine. */
export async function recoverGenuine(
  run: Run,
  connection: Connection | undefined,
  parked: ParkedSuccessor,
): Promise<StepResult> {
  const successor = successorOf(parked);
  const replaces = connection?.generation === parked.generation && connection.version === parked.version;
  if (!connection || !replaces || !STATE_RULES[connection.state].mayRotate) {
    return superseded(run, connection, parked, successor);
  }
  const updated = await updateWithSchedule(
    run,
    connection,
    recoveryChanges(run, connection, parked, successor),
    {
      // A due time planned without a revocation that came since would hide it.
      onlyIfRevocationsAre: connection.revocations.length,
    },
  );
  if (updated.result === 'conflict') {
    const current = await run.deps.connections.read(parked.connectionId);
    const owesMore = current !== undefined && current.revocations.length !== connection.revocations.length;
    return owesMore ? recoverGenuine(run, current, parked) : superseded(run, current, parked, successor);
  }
  await run.deps.parking.remove(parked);
  run.deps.telemetry.measure('SuccessorRecovered', 1, 'Count');
  return { outcome: { outcome: 'recovered' }, connection: updated.connection };
}

function recoveryChanges(
  run: Run,
  connection: Connection,
  parked: ParkedSuccessor,
  successor: SealedRefreshToken,
): ConnectionChanges {
  const nowMs = run.deps.clock.nowMs();
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

/** Somebody else's write came first, or the consent it belongs to has ended. */
async function superseded(
  run: Run,
  current: Connection | undefined,
  parked: ParkedSuccessor,
  successor: SealedRefreshToken,
): Promise<StepResult> {
  const committed = current?.generation === parked.generation && current.commitIds.includes(parked.commitId);
  if (committed) await createStoredSchedule(run, current);
  const settlement: Settlement = committed
    ? { kind: 'settled', connection: current }
    : await settleUncommitted(run, current, {
        successor,
        generation: parked.generation,
        owner: await provenOwner(run, current, parked),
      });
  const { kind, ...left } = settlement;
  // It is nowhere else: its schedule stays, and hands it over again in a minute.
  if (kind === 'unsettled') return { outcome: { outcome: 'busy', retryAfterMs: MINUTE_MS }, ...left };
  await run.deps.parking.remove(parked);
  return { outcome: { outcome: 'superseded' }, ...left };
}

async function provenOwner(
  run: Run,
  connection: Connection | undefined,
  parked: ParkedSuccessor,
): Promise<UncommittedOwner> {
  const { connectionId, subjectKey } = parked;
  if (isOwnerProven(await openEnvelope(run, connection, parked), parked)) {
    return subjectKey === undefined ? {} : { subjectKey };
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
