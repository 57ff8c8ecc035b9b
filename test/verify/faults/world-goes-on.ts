import type { RotateRequest } from '../../../functions/core/rotation/rotate-request.ts';
import type { CrashWorld } from './crash-world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** By then lease and reconciler have come back to whatever the dead process left. */
const LATE_AFTER_MS = 3 * HOUR_MS;
/** Far more than three days ever bring; more means that something fires without end. */
const MOST_ROUNDS = 6_000;

/**
 * Three days after the fault: schedules ring, parked schedules ring every minute, the reconciler runs every hour, runs that were
 * asked for begin, and a request of the dead process arrives late. Nothing fails any more.
 */
export async function worldGoesOn(
  world: CrashWorld,
  late: (() => Promise<unknown>) | undefined,
): Promise<void> {
  const { clock, schedules, waiting, started } = world;
  const endsAtMs = clock.nowMs() + 3 * DAY_MS;
  let reconcilerAtMs = clock.nowMs() + HOUR_MS;
  let lateAtMs = late ? clock.nowMs() + LATE_AFTER_MS : undefined;
  for (let rounds = 0; ; rounds += 1) {
    if (rounds > MOST_ROUNDS) throw new Error('Schedules ring without end.');
    for (const request of started.splice(0)) await quietly(world, request);
    const parkedAtMs = waiting().length > 0 ? clock.nowMs() + MINUTE_MS : undefined;
    const nextAtMs = earliest(reconcilerAtMs, schedules.pending()[0]?.atMs, parkedAtMs, lateAtMs);
    if (nextAtMs > endsAtMs) return;
    clock.advance(Math.max(0, nextAtMs - clock.nowMs()));
    if (lateAtMs !== undefined && lateAtMs <= clock.nowMs()) {
      lateAtMs = undefined;
      await late?.().catch(() => undefined);
    }
    for (const { connectionId } of schedules.ring(clock.nowMs())) {
      await quietly(world, { connectionId, trigger: 'schedule' });
    }
    for (const parked of waiting()) {
      await quietly(world, { connectionId: parked.connectionId, trigger: 'parked', parked });
    }
    if (reconcilerAtMs <= clock.nowMs()) {
      reconcilerAtMs += HOUR_MS;
      if (anythingDue(world)) await world.runReconcile();
    }
  }
}

async function quietly(world: CrashWorld, request: RotateRequest): Promise<void> {
  await world.runRotate(request).catch(() => undefined);
}

/** A reconciler that finds nothing changes nothing: it is spared. */
function anythingDue({ memory, clock }: CrashWorld): boolean {
  return [...memory.connections.values()].some(({ dueAtMs }) => (dueAtMs ?? clock.nowMs()) < clock.nowMs());
}

function earliest(first: number, ...others: readonly (number | undefined)[]): number {
  return Math.min(first, ...others.filter((atMs) => atMs !== undefined));
}
