import type { Connection } from '../connection/connection.ts';
import { type DueSchedule, type NextDuePlan, planNextDue } from '../connection/due.ts';
import type { ConnectionStore } from '../ports/connections.ts';
import type { EventPublisher, Telemetry } from '../ports/events.ts';
import type { Clock } from '../ports/platform.ts';
import type { RotationSchedules } from '../ports/schedules.ts';
import { createDueSchedule } from '../rotation/run.ts';

export interface AnnounceDeps {
  readonly connections: Pick<ConnectionStore, 'update'>;
  readonly events: EventPublisher;
  readonly schedules: RotationSchedules;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Publishes what waits in the outbox of a connection that was just written, and creates the due time that remains. When publishing
 * or clearing fails, the first schedule is created instead and `rotate` does it within minutes: an event may come
 * twice, but it comes.
 */
export async function announceConnection(
  deps: AnnounceDeps,
  connection: Connection,
  newSchedule: DueSchedule | undefined,
): Promise<void> {
  const announced = await publishAndClear(deps, connection);
  await createDueSchedule(deps, announced ? announced.newSchedule : newSchedule);
}

/** The due time that remains, or `undefined` when the first schedule is still needed. */
async function publishAndClear(
  deps: AnnounceDeps,
  connection: Connection,
): Promise<Pick<NextDuePlan, 'newSchedule'> | undefined> {
  const { connectionId, outbox } = connection;
  if (outbox.length === 0) return undefined;
  try {
    const published = await deps.events.publish(connectionId, outbox);
    const remaining = outbox.filter(({ id }) => !published.includes(id));
    const { schedule: _, ...withoutSchedule } = connection;
    const plan = planNextDue(withoutSchedule, { outbox: remaining }, deps.clock.nowMs());
    const written = await deps.connections.update({
      token: connection,
      changes: plan.changes,
      onlyIfOutboxIs: outbox.map(({ id }) => id),
      // A due time planned without knowing of a later claim, of a refusal, or of what was handed over for revocation, would hide it.
      onlyIfLeasedBy: null,
      onlyIfRevocationsAre: connection.revocations.length,
      onlyIfNextAttemptIs: connection.nextAttemptAtMs ?? null,
    });
    return written === 'written' ? plan : undefined;
  } catch (error) {
    deps.telemetry.warn('Events wait for the next due time.', {
      connectionId,
      reason: error instanceof Error ? error.name : 'unknown',
    });
    return undefined;
  }
}
