import type { Telemetry } from '../ports/events.ts';
import type { Clock } from '../ports/platform.ts';
import type { Rotator } from '../ports/rotation.ts';
import type { RotateRequest } from '../rotation/rotate-request.ts';

/** One rotation per connection and minute is enough, however many callers see that one is due. */
const PAUSE_MS = 60_000;
const REMEMBERED = 1000;
/** A live token is at hand: its caller does not wait longer than this for the invocation to be accepted. */
const PATIENCE_MS = 500;

export interface BackgroundRenewalDeps {
  readonly rotator: Rotator;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Starts a rotation for a caller who does not have to wait for it. Never fails. */
export function createBackgroundRenewal({ rotator, clock, telemetry }: BackgroundRenewalDeps) {
  const startedAtMs = new Map<string, number>();

  return async (request: RotateRequest): Promise<void> => {
    const nowMs = clock.monotonicMs();
    const before = startedAtMs.get(request.connectionId);
    if (before !== undefined && nowMs - before < PAUSE_MS) return;
    startedAtMs.delete(request.connectionId);
    startedAtMs.set(request.connectionId, nowMs);
    forgetOldest(startedAtMs);
    const started = rotator.start(request).catch((error: unknown) => {
      startedAtMs.delete(request.connectionId);
      telemetry.error('A due rotation could not be started; its schedule or the reconciler will.', error, {
        connectionId: request.connectionId,
      });
    });
    // Awaited, because a Lambda is frozen once it has answered.
    await Promise.race([started, clock.sleep(PATIENCE_MS)]);
  };
}

function forgetOldest(startedAtMs: Map<string, number>): void {
  const [oldest] = startedAtMs.keys();
  if (startedAtMs.size > REMEMBERED && oldest !== undefined) startedAtMs.delete(oldest);
}
