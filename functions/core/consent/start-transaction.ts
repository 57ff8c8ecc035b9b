import type { ConsentStore, TransactionKeeper } from '../ports/consents.ts';
import type { Telemetry } from '../ports/events.ts';
import type { AuthorizationEndpoint } from '../ports/ims.ts';
import type { Clock, Random } from '../ports/platform.ts';
import { Secret } from '../secret.ts';
import type { ConsentOutcomeKind } from './consent-outcome.ts';
import {
  type AuthorizationTransaction,
  handleDigest,
  isAppState,
  isRandomHandle,
  linkExpiresAtMs,
  randomHandle,
  refusedReturnUrl,
  returnUrlKey,
  type TransactionTarget,
  withIdentity,
} from './transaction.ts';

export interface StartTransactionDeps {
  readonly transactions: Pick<TransactionKeeper, 'keep'>;
  readonly authorization: Pick<AuthorizationEndpoint, 'createPkce' | 'urlFor'>;
  readonly consents: Pick<ConsentStore, 'readSession'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly settings: StartSettings;
}

interface StartSettings {
  readonly scopes: readonly string[];
  readonly returnUrls: readonly string[];
  /** Off: a transaction starts only with the link of a consent session. */
  readonly plainSignIn: boolean;
}

interface StartTransactionInput {
  readonly returnTo?: string;
  readonly appState?: string;
  readonly sessionId?: string;
  /** A parameter came twice, and it is unknown which one was meant. */
  readonly isAmbiguous: boolean;
  /** As the browser sent them. */
  readonly cookies: readonly string[];
}

type StartTransactionResult =
  | { readonly kind: 'started'; readonly url: string; readonly cookies: readonly string[] }
  | { readonly kind: 'refused'; readonly outcome: ConsentOutcomeKind };

export type StartTransaction = (input: StartTransactionInput) => Promise<StartTransactionResult>;

/** Where a transaction leads, and what it requests. */
interface Aim {
  readonly target: TransactionTarget;
  readonly scopes: readonly string[];
}

const STATE_BYTES = 16;

/** Starts a transaction: builds the authorization request and keeps the transaction in the browser. Writes nothing else. */
export function createStartTransaction(deps: StartTransactionDeps): StartTransaction {
  return async (input) => {
    const aim = await aimOf(deps, input);
    if (typeof aim === 'string') {
      deps.telemetry.measure('ConsentsRefused', 1, 'Count', { outcome: aim });
      return { kind: 'refused', outcome: aim };
    }
    const pkce = deps.authorization.createPkce();
    const scopes = withIdentity(aim.scopes);
    const nonce = randomHandle(deps.random, STATE_BYTES);
    const transaction: AuthorizationTransaction = {
      state: randomHandle(deps.random, STATE_BYTES),
      codeVerifier: pkce.verifier,
      nonce,
      connectionCode: new Secret(randomHandle(deps.random)),
      startedAtMs: deps.clock.nowMs(),
      target: aim.target,
    };
    const { state } = transaction;
    const url = deps.authorization.urlFor({ scopes, state, nonce, codeChallenge: pkce.challenge });
    const cookies = await deps.transactions.keep(transaction, input.cookies);
    deps.telemetry.measure('ConsentsStarted', 1, 'Count', { target: aim.target.kind });
    return { kind: 'started', url, cookies };
  };
}

async function aimOf(
  deps: StartTransactionDeps,
  input: StartTransactionInput,
): Promise<Aim | ConsentOutcomeKind> {
  if (input.isAmbiguous) return 'invalid_request';
  return input.sessionId === undefined ? aimOfSignIn(deps, input) : aimOfSession(deps, input);
}

/** A plain sign-in. A return URL must match exactly, and requires the app's own state. */
function aimOfSignIn(
  { settings, telemetry }: StartTransactionDeps,
  input: StartTransactionInput,
): Aim | ConsentOutcomeKind {
  const { returnTo, appState } = input;
  const { scopes } = settings;
  if (!settings.plainSignIn) return 'invalid_request';
  if (returnTo === undefined) {
    return appState === undefined ? { target: { kind: 'own-page' }, scopes } : 'invalid_request';
  }
  if (!settings.returnUrls.includes(returnTo)) {
    const fields = refusedReturnUrl(returnTo, settings.returnUrls);
    telemetry.warn('A sign-in was refused: return_to is not one of the return URLs.', fields);
    return 'invalid_request';
  }
  if (!isAppState(appState)) {
    const fields = refusedReturnUrl(returnTo, settings.returnUrls);
    telemetry.warn('A sign-in was refused: return_to comes without a usable app_state.', fields);
    return 'invalid_request';
  }
  return { target: { kind: 'return', returnUrlKey: returnUrlKey(returnTo), appState }, scopes };
}

/** The callback consumes the session. It is not consumed here, so that a reload of this page works. */
async function aimOfSession(
  { consents, clock, settings }: StartTransactionDeps,
  { sessionId, returnTo, appState }: StartTransactionInput,
): Promise<Aim | ConsentOutcomeKind> {
  if (!isRandomHandle(sessionId) || returnTo !== undefined || appState !== undefined) {
    return 'invalid_request';
  }
  const nowMs = clock.nowMs();
  const session = await consents.readSession(handleDigest(sessionId), nowMs);
  if (session === undefined || linkExpiresAtMs(session) <= nowMs) return 'transaction_expired';
  return { target: { kind: 'session', sessionId }, scopes: session.scopes ?? settings.scopes };
}
