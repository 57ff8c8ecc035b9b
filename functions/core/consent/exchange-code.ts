import { postWithEachSecret } from '../client-secrets.ts';
import type { Deadline } from '../deadline.ts';
import type { Telemetry } from '../ports/events.ts';
import type {
  ClientSecretSource,
  ClientSecrets,
  CodeExchange,
  Ims,
  ReceivedTokens,
  TokenAnswer,
} from '../ports/ims.ts';
import type { Clock } from '../ports/platform.ts';
import type { Secret } from '../secret.ts';
import { SECOND_MS } from '../time-units.ts';
import type { ConsentOutcomeKind } from './consent-outcome.ts';

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
  { ims, clientSecret, clock, telemetry }: ExchangeDeps,
  { clientSecrets, ...request }: Exchange,
  deadline: Deadline,
): Promise<TokenAnswer> {
  const post = async (secret: Secret): Promise<{ readonly answer: TokenAnswer }> => {
    for (let isAgain = false; ; isAgain = true) {
      const startedAt = clock.monotonicMs();
      const posted = { ...request, clientSecret: secret, timeoutMs: timeoutMs(deadline) };
      const answer = await ims.exchangeCode(posted);
      telemetry.measure('ExchangeLatency', clock.monotonicMs() - startedAt, 'Milliseconds');
      const mayHaveArrived = answer.kind !== 'unknown' || answer.reason !== 'unreachable';
      if (mayHaveArrived || isAgain) return { answer };
      await clock.sleep(RECONNECT_PAUSE_MS);
      if (!hasTimeToPost(deadline)) return { answer };
    }
  };
  const hasTime = () => hasTimeToPost(deadline);
  const { answer } = await postWithEachSecret(clientSecret, { clientSecrets, post, hasTime });
  return answer;
}

function timeoutMs(deadline: Deadline): number {
  return Math.max(SHORTEST_TIMEOUT_MS, Math.min(LONGEST_TIMEOUT_MS, deadline.remainingMs() - STORE_MS));
}

function hasTimeToPost(deadline: Deadline): boolean {
  return deadline.remainingMs() >= STORE_MS + SHORTEST_TIMEOUT_MS;
}

export type ClassifiedAnswer =
  | { readonly kind: 'tokens'; readonly tokens: ReceivedTokens }
  | { readonly kind: 'failed'; readonly outcome: ConsentOutcomeKind; readonly error: string };

/** What the answer to a code exchange means for the user. */
export function classifyAnswer(answer: TokenAnswer): ClassifiedAnswer {
  switch (answer.kind) {
    case 'tokens':
      return { kind: 'tokens', tokens: answer.tokens };
    case 'refused':
      // A code lives for minutes and is sent at once, so a refused one is old, or was used before. A new sign-in helps.
      return failed('transaction_expired', answer.error);
    case 'misconfigured':
      return failed(answer.error === 'invalid_scope' ? 'scope_not_allowed' : 'not_configured', answer.error);
    case 'user-action':
      return failed('user_action_required', answer.error);
    case 'wait':
      return failed('adobe_unavailable', 'wait');
    case 'unknown':
      return failed('adobe_unavailable', answer.reason);
    case 'unexpected':
      return failed('adobe_unavailable', answer.error ?? `status ${answer.status}`);
  }
}

function failed(outcome: ConsentOutcomeKind, error: string): ClassifiedAnswer {
  return { kind: 'failed', outcome, error };
}

/**
 * Reports how IMS answered an exchange, to operators but not to the breakers: anyone can bring a code, and an answer about it
 * must not stop the rotations of every connection. The next rotation finds out whether IMS refuses the credential.
 */
export function reportAnswer(telemetry: Telemetry, answer: TokenAnswer, classified: ClassifiedAnswer): void {
  const debugId = answer.debugId === undefined ? {} : { imsDebugId: answer.debugId };
  if (classified.kind === 'tokens') {
    const { anomalies } = classified.tokens;
    if (anomalies.length > 0) telemetry.warn('Adobe answered oddly.', { anomalies, ...debugId });
    return;
  }
  const { error } = classified;
  if (answer.kind !== 'misconfigured') {
    telemetry.warn('Adobe gave no tokens for a code.', { error, ...debugId });
    return;
  }
  telemetry.error('Adobe refused the credential or its settings.', undefined, { error, ...debugId });
  telemetry.measure('CredentialRefused', 1, 'Count');
}
