import { deriveConnectionId } from '../connection/connection-id.ts';
import type { Deadline } from '../deadline.ts';
import type { ReceivedTokens, TokenAnswer } from '../ports/ims.ts';
import type { Secret } from '../secret.ts';
import { classifyAnswer } from './classify-answer.ts';
import type { CompleteDeps } from './complete-deps.ts';
import type { ConsentOutcomeKind, ConsentSession } from './consent.ts';
import { withoutTokens } from './consent-connection.ts';
import { handleDigest } from './consent-parameters.ts';
import { exchangeCode } from './exchange-code.ts';
import { keepPending } from './keep-pending.ts';
import { keepSignIn } from './keep-sign-in.ts';
import { markConnectionsOf, markPlace } from './mark-consent.ts';
import type { PreparedExchange, PreparedPlace } from './prepare-exchange.ts';
import { reportAnswer } from './report-answer.ts';
import type { ResolvedTarget } from './resolve-target.ts';
import { sealConsent } from './seal-consent.ts';
import type { AuthorizationTransaction } from './transaction.ts';

export interface Arrived {
  readonly code: Secret;
  readonly attempt: AuthorizationTransaction;
  readonly target: ResolvedTarget;
  readonly prepared: PreparedExchange;
}

/** Exchanges the code and keeps what it brings. The state is consumed: this happens once. */
export async function completeExchange(
  deps: CompleteDeps,
  arrived: Arrived,
  deadline: Deadline,
): Promise<ConsentOutcomeKind> {
  const { attempt, prepared, target } = arrived;
  if (prepared.place) await markPlace(deps, prepared.place, attempt, deadline);
  const answer = await exchange(deps, arrived, deadline);
  const classified = classifyAnswer(answer);
  reportAnswer(deps, answer, classified);
  if (classified.kind === 'failed') return classified.outcome;
  const { tokens } = classified;
  const { subject } = tokens;
  // Every consent asks for `openid`. Not verified, the answer may belong to another transaction than this browser's, and an
  // erasure would not find its connection (RFC 9700 §4.5.3.2). Its tokens are not used.
  if (subject === undefined) return 'identity_missing';
  const { session } = target;
  const { place } = prepared;
  const connectionId = place?.connectionId ?? deriveConnectionId(deps.settings.clientId, subject);
  const [outcome] = await Promise.all([
    session && place
      ? keepForRedeem(deps, arrived, { session, place }, tokens, deadline)
      : keepAsSignIn(deps, arrived, connectionId, tokens, deadline),
    markConnectionsOf(deps, subject, { connectionId, isMarked: place !== undefined }, attempt),
  ]);
  return outcome;
}

function exchange(
  deps: CompleteDeps,
  { code, attempt, prepared }: Arrived,
  deadline: Deadline,
): Promise<TokenAnswer> {
  const { codeVerifier, nonce } = attempt;
  const { clientSecrets } = prepared;
  const redirectUri = deps.settings.callbackUrl;
  return exchangeCode(
    deps,
    { code, codeVerifier, redirectUri, clientSecrets, ...(nonce !== undefined && { nonce }) },
    deadline,
  );
}

async function keepAsSignIn(
  deps: CompleteDeps,
  { attempt, target }: Arrived,
  connectionId: string,
  tokens: ReceivedTokens,
  deadline: Deadline,
): Promise<ConsentOutcomeKind> {
  const place = { connectionId, codeDigest: handleDigest(attempt.connectionCode.reveal()) };
  const { outcome, connection } = await keepSignIn(deps, place, tokens, target.scopes, deadline);
  const appState = target.destination?.appState;
  if (connection === undefined || appState === undefined) return outcome;
  const kept = {
    kind: 'sign-in',
    connection: withoutTokens(connection),
    replace: false,
    keptPrevious: outcome === 'kept_previous',
    appStateDigest: handleDigest(appState),
  } as const;
  await keepPending(deps, attempt, tokens, kept, deadline);
  return outcome;
}

/** The app has not said yet that the person at this browser is its user: nothing becomes active before it redeems. */
async function keepForRedeem(
  deps: CompleteDeps,
  { attempt, target }: Arrived,
  { session, place }: { readonly session: ConsentSession; readonly place: PreparedPlace },
  tokens: ReceivedTokens,
  deadline: Deadline,
): Promise<ConsentOutcomeKind> {
  const sealed = sealConsent(deps, place, tokens, target.scopes);
  const { replace } = session;
  await keepPending(
    deps,
    attempt,
    tokens,
    { ...sealed, kind: 'consent-session', replace, keptPrevious: false },
    deadline,
  );
  deps.telemetry.measure('ConsentsAwaitingRedeem', 1, 'Count');
  return sealed.connection.renewable ? 'connected' : 'connected_not_renewable';
}
