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
  const answer = await exchange(deps, arrived, deadline);
  const judged = judgeAnswer(answer);
  reportAnswer(deps, answer, judged);
  if (judged.kind === 'failed') return judged.outcome;
  if (lacksIdentity(arrived, judged.tokens)) return 'identity_missing';
  const { session } = arrived.target;
  const { place } = arrived.prepared;
  return session && place
    ? keepForRedeem(deps, arrived, { session, place }, judged.tokens, deadline)
    : keepAsSignIn(deps, arrived, judged.tokens, deadline);
}

/**
 * Asked for and not verified: the answer may belong to another transaction than this browser's. Its tokens are not used.
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.5.3.2
 */
function lacksIdentity({ attempt }: Arrived, { subject }: ReceivedTokens): boolean {
  return attempt.nonce !== undefined && subject === undefined;
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
  tokens: ReceivedTokens,
  deadline: Deadline,
): Promise<ConsentOutcomeKind> {
  const { outcome, connection } = await keepSignIn(deps, tokens, target.scopes, deadline);
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
