import { deriveConnectionId } from '../connection/connection-id.ts';
import { createDeadline, type Deadline } from '../deadline.ts';
import { defined } from '../defined.ts';
import type { ConsentStore, TransactionKeeper } from '../ports/consents.ts';
import type { AuthorizationEndpoint, AuthorizationResponse, ClientSecrets } from '../ports/ims.ts';
import type { Secret } from '../secret.ts';
import { SECOND_MS } from '../time-units.ts';
import type { ConsentSession } from './consent.ts';
import {
  type ConsentOutcomeKind,
  type Destination,
  isSuccess,
  outcomeOfAuthorizationError,
} from './consent-outcome.ts';
import { type ConsumedState, consumeState, type Reload, recordOutcome } from './consume-state.ts';
import { classifyAnswer, type ExchangeDeps, exchangeCode, reportAnswer } from './exchange-code.ts';
import {
  type KeepDeps,
  type KeepSettings,
  keepForRedeem,
  keepSignIn,
  type PreparedStorage,
  prepareStorage,
} from './keep-consent.ts';
import { type MarkDeps, type MarkSettings, markConnection, markConnectionsOf } from './mark-consent.ts';
import {
  type AuthorizationTransaction,
  handleDigest,
  returnUrlKey,
  SESSION_LIFE_MS,
  TRANSACTION_LIFE_MS,
  withIdentity,
} from './transaction.ts';

export interface CompleteDeps extends ExchangeDeps, KeepDeps, MarkDeps {
  readonly transactions: Pick<TransactionKeeper, 'find'>;
  readonly authorization: Pick<AuthorizationEndpoint, 'readResponse'>;
  readonly consents: Pick<ConsentStore, 'readSession' | 'consume' | 'recordOutcome' | 'keepPending'>;
  readonly connections: KeepDeps['connections'] & MarkDeps['connections'];
  readonly settings: CompleteSettings;
}

interface CompleteSettings extends KeepSettings, MarkSettings {
  readonly scopes: readonly string[];
  /** The redirect URI, exactly as the authorization request sent it. */
  readonly callbackUrl: string;
  readonly returnUrls: readonly string[];
}

interface CompleteTransactionInput {
  readonly parameters: URLSearchParams;
  /** As the browser sent them. */
  readonly cookies: readonly string[];
  /** How long this process may still run. */
  readonly remainingMs: number;
}

interface CompleteTransactionResult {
  readonly outcome: ConsentOutcomeKind;
  /** Absent: the vault shows its own page. */
  readonly destination?: Destination;
  /** A plain sign-in without an app: the user may start it again here. */
  readonly mayStartAgain: boolean;
}

export type CompleteTransaction = (input: CompleteTransactionInput) => Promise<CompleteTransactionResult>;

/** Left for recording the outcome and answering. */
const ANSWER_MS = 1.5 * SECOND_MS;

/** A step after which nothing is left to do. */
interface Completed {
  readonly kind: 'completed';
  readonly outcome: ConsentOutcomeKind;
}

const completed = (outcome: ConsentOutcomeKind): Completed => ({ kind: 'completed', outcome });

/**
 * Completes a transaction, in this order:
 *
 * 1. Cookie and `state` agree, then `iss` is right (RFC 9700 §4.7, RFC 9207). Nothing is believed or written before that.
 * 2. The target is resolved: the scopes, the way back to the app, the consent session.
 * 3. What can fail without harm comes first: the expiry, and reading client secrets, the stored connection and data keys.
 * 4. The state is consumed, once. A reload shows the recorded outcome.
 * 5. `error` is believed, or the code is exchanged and the consent kept.
 * 6. The outcome is recorded for a reload.
 *
 * Throws `PlatformError` in steps 1 and 2, when it is not known yet where the user came from.
 */
export function createCompleteTransaction(deps: CompleteDeps): CompleteTransaction {
  return async ({ parameters, cookies, remainingMs }) => {
    const deadline = createDeadline(deps.clock, Math.max(0, remainingMs - ANSWER_MS));
    const recognized = await recognize(deps, parameters, cookies);
    if (recognized.kind === 'completed') return answer(deps, recognized.outcome);
    const { transaction, response } = recognized;
    const target = await resolveTarget(deps, transaction);
    if (target.kind === 'completed') return answer(deps, target.outcome);
    const { destination } = target;
    const back = defined({ destination, isOwnPage: transaction.target.kind === 'own-page' });

    const ready = await prepareAndConsume(deps, { transaction, response, target }, deadline);
    if (ready.kind === 'reload') return answerAgain(ready.outcome, back);
    if (ready.kind === 'completed') return answer(deps, ready.outcome, back);
    const outcome = await completeConsumed(deps, { transaction, target, prepared: ready.prepared }, deadline);
    await recordOutcome(deps, ready.state, outcome, destination?.appState);
    return answer(deps, outcome, back);
  };
}

interface WayBack {
  readonly destination?: Destination;
  readonly isOwnPage: boolean;
}

function answer(
  { telemetry }: CompleteDeps,
  outcome: ConsentOutcomeKind,
  back: WayBack = { isOwnPage: false },
): CompleteTransactionResult {
  telemetry.measure('ConsentOutcomes', 1, 'Count', { outcome });
  return answerAgain(outcome, back);
}

/** For a reload, whose outcome was measured before. */
function answerAgain(
  outcome: ConsentOutcomeKind,
  { isOwnPage, destination }: WayBack,
): CompleteTransactionResult {
  const mayStartAgain = isOwnPage && !isSuccess(outcome);
  return defined({ outcome, mayStartAgain, destination });
}

/** A response to a request that this browser made. */
interface Recognized {
  readonly kind: 'recognized';
  readonly transaction: AuthorizationTransaction;
  readonly response: Exclude<AuthorizationResponse, { kind: 'invalid' }>;
}

/**
 * Finds the transaction that this browser holds for the state and checks the response against it. Nothing in an unrecognized
 * response is believed, not even its `error`. Writes nothing.
 */
async function recognize(
  { transactions, authorization, telemetry }: CompleteDeps,
  parameters: URLSearchParams,
  cookies: readonly string[],
): Promise<Recognized | Completed> {
  const [state, ...repeated] = parameters.getAll('state');
  if (state === undefined || state === '' || repeated.length > 0) return completed('invalid_request');
  const transaction = await transactions.find(state, cookies);
  if (transaction === undefined) return completed('other_browser');
  const response = authorization.readResponse(parameters, transaction.state);
  if (response.kind !== 'invalid') return { kind: 'recognized', transaction, response };
  telemetry.warn('An authorization response was not valid.', { reason: response.reason });
  return completed('invalid_request');
}

/** What a transaction is for. */
interface ResolvedTarget {
  readonly kind: 'resolved';
  readonly scopes: readonly string[];
  /** Absent: the vault shows its own page. */
  readonly destination?: Destination;
  /** Absent: a plain sign-in. */
  readonly session?: ConsentSession;
}

/** `transaction_expired`: the consent session is unknown or has expired. */
async function resolveTarget(
  { consents, clock, settings }: CompleteDeps,
  { target, connectionCode }: AuthorizationTransaction,
): Promise<ResolvedTarget | Completed> {
  const backTo = (key: string, appState: string | undefined): Pick<ResolvedTarget, 'destination'> => {
    const returnUrl = settings.returnUrls.find((url) => returnUrlKey(url) === key);
    if (returnUrl === undefined) return {};
    return { destination: defined({ returnUrl, connectionCode, appState }) };
  };
  const scopes = withIdentity(settings.scopes);
  switch (target.kind) {
    case 'own-page':
      return { kind: 'resolved', scopes };
    case 'return':
      return { kind: 'resolved', scopes, ...backTo(target.returnUrlKey, target.appState) };
    case 'session': {
      const session = await consents.readSession(handleDigest(target.sessionId), clock.nowMs());
      if (session === undefined) return completed('transaction_expired');
      return {
        kind: 'resolved',
        scopes: session.scopes ? withIdentity(session.scopes) : scopes,
        session,
        ...backTo(session.returnUrlKey, session.appState),
      };
    }
  }
}

/** What the response asks for, with everything that could fail before the state is consumed. */
type PreparedResponse =
  | { readonly kind: 'error'; readonly error: string }
  | {
      readonly kind: 'code';
      readonly code: Secret;
      readonly clientSecrets: ClientSecrets;
      /** Absent for a plain sign-in: only the answer says which connection it is. */
      readonly storage?: PreparedStorage;
    };

interface Ready {
  readonly kind: 'ready';
  readonly prepared: PreparedResponse;
  readonly state: ConsumedState;
}

/** An error here is an outcome too, because the user can be sent back to the app. */
async function prepareAndConsume(
  deps: CompleteDeps,
  { transaction, response, target }: Omit<Recognized, 'kind'> & { readonly target: ResolvedTarget },
  deadline: Deadline,
): Promise<Ready | Reload | Completed> {
  const isExpired = deps.clock.nowMs() >= transaction.startedAtMs + TRANSACTION_LIFE_MS;
  if (isExpired) return completed('transaction_expired');
  try {
    const prepared = await prepare(deps, response, target.session);
    if (prepared === 'not-configured') {
      deps.telemetry.error('The client secret is not configured yet.');
      return completed('not_configured');
    }
    const state = await consumeState(deps, transaction.state, deadline);
    return state.kind === 'reload' ? state : { kind: 'ready', prepared, state };
  } catch (error) {
    deps.telemetry.error('The sign-in failed before its code was exchanged.', error);
    return completed('vault_unavailable');
  }
}

/** Data keys are bound to the connection id, so a plain sign-in can fetch them only after the answer. */
async function prepare(
  deps: CompleteDeps,
  response: Recognized['response'],
  session: ConsentSession | undefined,
): Promise<PreparedResponse | 'not-configured'> {
  if (response.kind === 'error') return response;
  const [clientSecrets, storage] = await Promise.all([
    deps.clientSecret.read(),
    session && prepareStorage(deps, session.connectionId),
  ]);
  if (clientSecrets === 'not-configured') return 'not-configured';
  return defined({ kind: 'code', code: response.code, clientSecrets, storage } as const);
}

interface Consumed {
  readonly transaction: AuthorizationTransaction;
  readonly target: ResolvedTarget;
  readonly prepared: PreparedResponse;
}

/** Believes the error, or exchanges the code and keeps what it brings. The state is consumed, so this happens once. */
async function completeConsumed(
  deps: CompleteDeps,
  { transaction, target, prepared }: Consumed,
  deadline: Deadline,
): Promise<ConsentOutcomeKind> {
  const { telemetry, settings } = deps;
  const { session, scopes: requestedScopes, destination } = target;
  try {
    if (session && !(await consumeSession(deps, session))) return 'already_used';
    if (prepared.kind === 'error') {
      const { error } = prepared;
      telemetry.info('Adobe answered an authorization request with an error.', { error });
      return outcomeOfAuthorizationError(error);
    }
    const { code, clientSecrets, storage } = prepared;
    const { codeVerifier, nonce } = transaction;
    let isMarked = false;
    if (storage) isMarked = await markConnection(deps, storage, transaction, deadline);
    const exchange = defined({
      code,
      codeVerifier,
      redirectUri: settings.callbackUrl,
      clientSecrets,
      nonce,
    });
    const tokenAnswer = await exchangeCode(deps, exchange, deadline);
    const classified = classifyAnswer(tokenAnswer);
    reportAnswer(telemetry, tokenAnswer, classified);
    if (classified.kind === 'failed') return classified.outcome;
    const { tokens } = classified;
    const { subject } = tokens;
    // Every consent requests `openid`. Without a verified identity the answer may belong to another browser's transaction
    // (RFC 9700 §4.5.3.2), and an erasure would not find its connection. So its tokens are not used.
    if (subject === undefined) return 'identity_missing';
    const received = { transaction, tokens, requestedScopes };
    const connectionId = storage?.connectionId ?? deriveConnectionId(settings.clientId, subject);
    const [outcome] = await Promise.all([
      session && storage
        ? keepForRedeem(deps, storage, received, session, deadline)
        : keepSignIn(deps, connectionId, received, destination?.appState, deadline),
      markConnectionsOf(deps, subject, { connectionId, isMarked }, transaction, deadline),
    ]);
    return outcome;
  } catch (error) {
    telemetry.error('A consent could not be kept.', error);
    telemetry.measure('ConsentsNotKept', 1, 'Count');
    return 'vault_unavailable';
  }
}

/** A consent session works in one browser only. */
async function consumeSession(
  { consents, clock }: CompleteDeps,
  { sessionDigest }: ConsentSession,
): Promise<boolean> {
  const { kind } = await consents.consume(sessionDigest, clock.nowMs() + SESSION_LIFE_MS);
  return kind === 'consumed';
}
