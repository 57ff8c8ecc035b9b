import type { Deadline } from '../deadline.ts';
import { SECOND_MS } from '../durations.ts';
import type { ClientSecretSource } from '../ports/client-secret-source.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClientSecrets, CodeExchange, Ims, TokenAnswer } from '../ports/ims.ts';
import type { Telemetry } from '../ports/telemetry.ts';
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
  const { current, previous } = exchange.clientSecrets;
  const answer = await postOnceArrived(deps, exchange, current, deadline);
  if (!isWrongSecret(answer)) return answer;
  for (const secret of await otherSecrets(deps, current, previous)) {
    if (!hasTimeToPost(deadline)) return answer;
    const again = await postOnceArrived(deps, exchange, secret, deadline);
    if (!isWrongSecret(again)) return again;
  }
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

/** `unauthorized` is a 401 without an error (RFC 6749 §5.2: the client could not be authenticated). */
function isWrongSecret(answer: TokenAnswer): boolean {
  return (
    answer.kind === 'misconfigured' && (answer.error === 'invalid_client' || answer.error === 'unauthorized')
  );
}

/** The second secret, and whatever the operator has stored since ours was read. */
async function otherSecrets(
  { clientSecret }: ExchangeDeps,
  current: Secret,
  previous: Secret | undefined,
): Promise<readonly Secret[]> {
  const fresh = await clientSecret.read({ fresh: true }).catch(() => 'not-configured' as const);
  const candidates = fresh === 'not-configured' ? [previous] : [previous, fresh.current, fresh.previous];
  const tried = new Set([current.reveal()]);
  return candidates
    .filter((secret) => secret !== undefined)
    .filter((secret) => !tried.has(secret.reveal()) && tried.add(secret.reveal()));
}
