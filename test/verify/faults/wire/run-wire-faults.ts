import { type CrashPointReport, runCrashPoints } from '../run-crash-points.ts';
import type { Scenario } from '../scenario.ts';
import { createWiredWorld } from './wired-world.ts';

/**
 * Every request of the real adapters as a crash point, where IMS forgives least. What a fault of the wire becomes at a port
 * does not depend on what IMS does with a used token, so one mode is enough.
 */
export async function runWireFaults(scenarios: readonly Scenario[]): Promise<CrashPointReport> {
  const { random } = Math;
  // The SDK pauses a random share of a growing time before it tries again: here it is always none of it.
  Math.random = () => 0;
  try {
    return await runCrashPoints(scenarios, ['strict'], createWiredWorld);
  } finally {
    Math.random = random;
  }
}
