import { postWithEachSecret } from '../client-secrets.ts';
import type { Deadline } from '../deadline.ts';
import { SECOND_MS } from '../durations.ts';
import type { Telemetry } from '../ports/events.ts';
import type { ClientSecretSource, ClientSecrets, CodeExchange, Ims, TokenAnswer } from '../ports/ims.ts';
import type { Clock } from '../ports/platform.ts';
import type { Secret } from '../secret.ts';

export interface ExchangeDeps {
  readonly ims: Pick<Ims, 'exchangeCode'>;
  readonly clientSecret: ClientSecretSource;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export interface Exchange extends Omit<CodeExchange, 'clientSecret' | 'timeoutMs'> {
  readonly clientSecrets: ClientSecrets;
}

const LONGEST_TIMEOUT_MS = 15 * SECOND_MS;
/** What sealing and storing may take after the answer. */
const STORE_MS = 8 * SECOND_MS;
const SHORTEST_TIMEOUT_MS = 2 * SECOND_MS;
const RECONNECT_PAUSE_MS = 500;

/**
 * Exchanges the code. It is posted again only when IMS cannot have used it: the connection was never made, or the client
 * secret was refused. A code posted twice may end the tokens of the first post (RFC 6749 §4.1.2).
 */
export async function exchangeCode(
  deps: ExchangeDeps,
  exchange: Exchange,
  deadline: Deadline,
): Promise<TokenAnswer> {
  const { answer } = await postWithEachSecret(deps.clientSecret, {
    clientSecrets: exchange.clientSecrets,
    post: async (clientSecret) => ({ answer: await postOnceArrived(deps, exchange, clientSecret, deadline) }),
    hasTime: () => hasTimeToPost(deadline),
  });
  return answer;
}

async function postOnceArrived(
  deps: ExchangeDeps,
  exchange: Exchange,
  clientSecret: Secret,
  deadline: Deadline,
): Promise<TokenAnswer> {
  const answer = await post(deps, exchange, clientSecret, deadline);
  if (answer.kind !== 'unknown' || answer.reason !== 'unreachable') return answer;
  await deps.clock.sleep(RECONNECT_PAUSE_MS);
  return hasTimeToPost(deadline) ? post(deps, exchange, clientSecret, deadline) : answer;
}

async function post(
  { ims, clock, telemetry }: ExchangeDeps,
  { clientSecrets: _, ...exchange }: Exchange,
  clientSecret: Secret,
  deadline: Deadline,
): Promise<TokenAnswer> {
  const startedAt = clock.monotonicMs();
  const timeoutMs = Math.max(
    SHORTEST_TIMEOUT_MS,
    Math.min(LONGEST_TIMEOUT_MS, deadline.remainingMs() - STORE_MS),
  );
  const answer = await ims.exchangeCode({ ...exchange, clientSecret, timeoutMs });
  telemetry.measure('ExchangeLatency', clock.monotonicMs() - startedAt, 'Milliseconds');
  return answer;
}

function hasTimeToPost(deadline: Deadline): boolean {
  return deadline.remainingMs() >= STORE_MS + SHORTEST_TIMEOUT_MS;
}
