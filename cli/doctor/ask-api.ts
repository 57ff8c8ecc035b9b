import { httpDateMs } from '../../functions/core/moment.ts';
import type { ApiFacts } from './vault-facts.ts';

const TIMEOUT_MS = 15_000;

/** Asks the API for what only a signed request may have. */
export async function askApi(apiUrl: string, fetcher: typeof fetch, nowMs: number): Promise<ApiFacts> {
  const answer = await fetcher(`${apiUrl.replace(/\/+$/, '')}/connections`, {
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await answer.body?.cancel();
  const theirsMs = httpDateMs(answer.headers.get('date') ?? '');
  return { status: answer.status, clockAheadMs: theirsMs === undefined ? undefined : nowMs - theirsMs };
}
