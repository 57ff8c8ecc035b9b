import { httpDateMs } from '../functions/core/moment.ts';
import type { CliWorld } from './cli-world.ts';

/** `Date` headers have whole seconds. */
const NOISE_MS = 2_000;

/**
 * How far the clock behind an endpoint is ahead of this machine's: the local stack's runs through weeks, and requests have to
 * be signed by its time. AWS itself is never asked: there a wrong clock is a fault for `doctor` to find.
 */
export async function endpointClockAheadMs(
  endpoint: string | undefined,
  { fetch, nowMs }: Pick<CliWorld, 'fetch' | 'nowMs'>,
): Promise<number> {
  if (endpoint === undefined) return 0;
  const answer = await fetch(endpoint, { redirect: 'manual' }).catch(() => undefined);
  await answer?.body?.cancel();
  const theirsMs = httpDateMs(answer?.headers.get('date') ?? '');
  const aheadMs = theirsMs === undefined ? 0 : theirsMs - nowMs();
  return Math.abs(aheadMs) > NOISE_MS ? aheadMs : 0;
}
