import type { Connection } from '../../domain/connection.ts';
import { planWake, type WakeAlarm, type WakePlan } from '../../domain/wake-plan.ts';
import type { AlarmClock } from '../../ports/alarm-clock.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ConnectionStore } from '../../ports/connection-store.ts';
import type { EventPublisher } from '../../ports/event-publisher.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { armWake } from '../arm-wake.ts';

export interface AnnounceDeps {
  readonly connections: Pick<ConnectionStore, 'amend'>;
  readonly events: EventPublisher;
  readonly alarms: AlarmClock;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Publishes what waits in the outbox of a connection that was just written, and arms the wake that remains. When publishing
 * or clearing fails, the first alarm is armed instead and `rotate` does it within minutes: an event may come
 * twice, but it comes.
 */
export async function announceConnection(
  deps: AnnounceDeps,
  connection: Connection,
  arm: WakeAlarm | undefined,
): Promise<void> {
  const announced = await publishAndClear(deps, connection);
  await armWake(deps, announced ? announced.arm : arm);
}

/** The wake that remains, or `undefined` when the first alarm is still needed. */
async function publishAndClear(
  deps: AnnounceDeps,
  connection: Connection,
): Promise<Pick<WakePlan, 'arm'> | undefined> {
  const { connectionId, outbox } = connection;
  if (outbox.length === 0) return undefined;
  try {
    const published = await deps.events.publish(connectionId, outbox);
    const remaining = outbox.filter(({ id }) => !published.includes(id));
    const { alarm: _, ...withoutAlarm } = connection;
    const plan = planWake(withoutAlarm, { outbox: remaining }, deps.clock.nowMs());
    const written = await deps.connections.amend({
      token: connection,
      changes: plan.changes,
      onlyIfOutboxIs: outbox.map(({ id }) => id),
      // A wake planned without knowing of a later claim, of a refusal, or of what was handed over for revocation, would hide it.
      onlyIfLeasedBy: null,
      onlyIfRevocationsAre: connection.revocations.length,
      onlyIfNextAttemptIs: connection.nextAttemptAtMs ?? null,
    });
    return written === 'written' ? plan : undefined;
  } catch (fault) {
    deps.telemetry.warn('Events wait for the next wake.', {
      connectionId,
      reason: fault instanceof Error ? fault.name : 'unknown',
    });
    return undefined;
  }
}
