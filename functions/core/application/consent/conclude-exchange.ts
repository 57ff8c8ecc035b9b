import { deriveConnectionId } from '../../domain/connection-id.ts';
import type { ConsentOutcomeKind, ConsentSession } from '../../domain/consent.ts';
import type { ConsentAttempt } from '../../domain/consent-attempt.ts';
import { withoutTokens } from '../../domain/consent-connection.ts';
import { handleDigest } from '../../domain/consent-parameters.ts';
import type { Secret } from '../../domain/secret.ts';
import type { ReceivedTokens, TokenAnswer } from '../../ports/ims.ts';
import type { Deadline } from '../deadline.ts';
import { exchangeCode } from './exchange-code.ts';
import type { FinishDeps } from './finish-deps.ts';
import { judgeAnswer } from './judge-answer.ts';
import { keepPending } from './keep-pending.ts';
import { keepSignIn } from './keep-sign-in.ts';
import { markConnectionsOf, markPlace } from './mark-consent.ts';
import type { PreparedExchange, PreparedPlace } from './prepare-exchange.ts';
import { reportAnswer } from './report-answer.ts';
import type { ResolvedTarget } from './resolve-target.ts';
import { sealConsent } from './seal-consent.ts';

export interface Arrived {
  readonly code: Secret;
  readonly attempt: ConsentAttempt;
  readonly target: ResolvedTarget;
  readonly prepared: PreparedExchange;
}

/** Exchanges the code and keeps what it brings. The state is burnt: this happens once. */
export async function concludeExchange(
  deps: FinishDeps,
  arrived: Arrived,
  deadline: Deadline,
): Promise<ConsentOutcomeKind> {
  const { attempt, prepared, target } = arrived;
  if (prepared.place) await markPlace(deps, prepared.place, attempt, deadline);
  const answer = await exchange(deps, arrived, deadline);
  const judged = judgeAnswer(answer);
  reportAnswer(deps, answer, judged);
  if (judged.kind === 'failed') return judged.outcome;
  const { tokens } = judged;
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
  deps: FinishDeps,
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
  deps: FinishDeps,
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
  deps: FinishDeps,
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
