import type { SealedAccessToken } from '../access-tokens/access-token-record.ts';
import type { Connection } from '../connection/connection.ts';
import { profileOf } from '../connection/connection-id.ts';
import { STATE_RULES } from '../connection/connection-states.ts';
import { mintGenerationAfter } from '../connection/generation.ts';
import { firstRefreshLife } from '../connection/lifetime.ts';
import { EVERYTHING_GRANTED } from '../connection/sealed-token.ts';
import { type Deadline, persist } from '../deadline.ts';
import { defined } from '../defined.ts';
import type { ConsentStore } from '../ports/consents.ts';
import type { ReceivedTokens } from '../ports/ims.ts';
import type { PreparedSeal, TokenSealer } from '../ports/sealing.ts';
import { sealAccessToken } from '../rotation/publish.ts';
import { createDueSchedule } from '../rotation/run.ts';
import {
  type ActivateDeps,
  type ActivationResult,
  activateConnection,
  publishConsent,
} from './activate-connection.ts';
import { type PendingConsent, personalClaims } from './consent.ts';
import { connectionOf, withoutTokens } from './consent-connection.ts';
import type { ConsentOutcomeKind } from './consent-outcome.ts';
import {
  type AuthorizationTransaction,
  CONNECTION_CODE_LIFE_MS,
  handleDigest,
  randomHandle,
} from './transaction.ts';

export interface KeepDeps extends ActivateDeps {
  readonly consents: Pick<ConsentStore, 'keepPending'>;
  readonly sealer: TokenSealer;
  readonly settings: KeepSettings;
}

export interface KeepSettings {
  readonly clientId: string;
  /** Store the name and e-mail address with the connection. */
  readonly storeProfile: boolean;
  /** `*` and the narrower ones. */
  readonly scopeSets: readonly string[];
}

/** Where tokens will be stored: what is stored there now, and the data keys that seal them. */
export interface PreparedStorage {
  readonly connectionId: string;
  readonly stored?: Connection;
  readonly refreshSeal: PreparedSeal;
  readonly accessSeal: PreparedSeal;
}

export async function prepareStorage(
  {
    connections,
    sealer,
    settings,
  }: Pick<KeepDeps, 'connections' | 'sealer'> & {
    readonly settings: Pick<KeepSettings, 'clientId'>;
  },
  connectionId: string,
): Promise<PreparedStorage> {
  const { clientId } = settings;
  const [stored, refreshSeal, accessSeal] = await Promise.all([
    connections.read(connectionId),
    sealer.prepare({ purpose: 'refresh', connectionId, clientId }),
    sealer.prepare({ purpose: 'access', connectionId, clientId }),
  ]);
  return defined({ connectionId, refreshSeal, accessSeal, stored });
}

/** What an exchange brought, and the transaction it belongs to. */
export interface ReceivedConsent {
  readonly transaction: AuthorizationTransaction;
  readonly tokens: ReceivedTokens;
  readonly requestedScopes: readonly string[];
}

/**
 * Keeps the consent of a session until it is redeemed. Nothing becomes active before: only the app can say that the person at
 * this browser is its user.
 */
export async function keepForRedeem(
  deps: KeepDeps,
  storage: PreparedStorage,
  received: ReceivedConsent,
  { replace }: { readonly replace: boolean },
  deadline: Deadline,
): Promise<ConsentOutcomeKind> {
  const sealed = sealConsent(deps, storage, received);
  const pending = { ...sealed, kind: 'consent-session', replace, keptPrevious: false } as const;
  await storePendingConsent(deps, pending, received, deadline);
  deps.telemetry.measure('ConsentsAwaitingRedeem', 1, 'Count');
  return outcomeOf(sealed.connection);
}

/**
 * Keeps a plain sign-in, which is active at once: its connection is the Adobe user's own, and nothing of the app's is bound to
 * it. With an app state, the app can redeem the code to learn which connection it is.
 */
export async function keepSignIn(
  deps: KeepDeps,
  connectionId: string,
  received: ReceivedConsent,
  appState: string | undefined,
  deadline: Deadline,
): Promise<ConsentOutcomeKind> {
  const storage = await persist(deps.clock, deadline, () => prepareStorage(deps, connectionId));
  const sealed = sealConsent(deps, storage, received);
  const codeDigest = codeDigestOf(received.transaction);
  const activation = { consent: sealed.connection, replace: false, codeDigest };
  const activated = await activateConnection(deps, activation, deadline);
  if (activated.outcome === 'activated') {
    await Promise.all([
      createDueSchedule(deps, activated.newSchedule),
      publishBestEffort(deps, sealed, deadline),
    ]);
  }
  const outcome = outcomeOfSignIn(activated);
  if (outcome === 'transaction_expired' || appState === undefined) return outcome;
  const pending = {
    kind: 'sign-in',
    connection: withoutTokens(activated.connection),
    replace: false,
    keptPrevious: outcome === 'kept_previous',
    appStateDigest: handleDigest(appState),
  } as const;
  await storePendingConsent(deps, pending, received, deadline);
  return outcome;
}

function outcomeOfSignIn({ outcome, connection }: ActivationResult): ConsentOutcomeKind {
  switch (outcome) {
    case 'activated':
      return outcomeOf(connection);
    case 'kept-previous':
      return 'kept_previous';
    case 'superseded':
      // Another tab of the same user was faster: the user is connected. After a disconnect the user is not.
      return STATE_RULES[connection.state].live ? outcomeOf(connection) : 'transaction_expired';
  }
}

function outcomeOf({ renewable }: Connection): ConsentOutcomeKind {
  return renewable ? 'connected' : 'connected_not_renewable';
}

/** The connection is stored. A token that is missing from the cache costs its first reader one refresh. */
async function publishBestEffort(deps: KeepDeps, sealed: SealedConsent, deadline: Deadline): Promise<void> {
  const { connection, accessToken } = sealed;
  try {
    await publishConsent({ ...deps, scopeSets: deps.settings.scopeSets }, connection, accessToken, deadline);
  } catch (error) {
    const { connectionId } = connection;
    deps.telemetry.error('The access token of a new consent could not be published.', error, {
      connectionId,
    });
  }
}

/** Stores a consent under the digest of its one-time code until the app's backend redeems it. */
async function storePendingConsent(
  { consents, clock }: Pick<KeepDeps, 'consents' | 'clock'>,
  kept: Omit<PendingConsent, 'codeDigest' | 'claims' | 'expiresAtMs' | 'redeemedAtMs'>,
  { transaction, tokens }: ReceivedConsent,
  deadline: Deadline,
): Promise<void> {
  const { idTokenClaims, subject } = tokens;
  const pending: PendingConsent = {
    ...kept,
    codeDigest: codeDigestOf(transaction),
    ...(idTokenClaims && subject === kept.connection.subject && { claims: personalClaims(idTokenClaims) }),
    expiresAtMs: clock.nowMs() + CONNECTION_CODE_LIFE_MS,
  };
  await persist(clock, deadline, () => consents.keepPending(pending));
}

function codeDigestOf({ connectionCode }: AuthorizationTransaction): string {
  return handleDigest(connectionCode.reveal());
}

/** A consent as it will be stored. Only the holder of the right key can read its tokens. */
interface SealedConsent {
  readonly connection: Connection;
  /** Absent when IMS issued none. */
  readonly accessToken?: SealedAccessToken;
}

/** Seals the received tokens under a new generation, later than the stored one. No network. */
function sealConsent(
  { clock, random, settings }: Pick<KeepDeps, 'clock' | 'random' | 'settings'>,
  storage: PreparedStorage,
  { tokens, requestedScopes }: ReceivedConsent,
): SealedConsent {
  const nowMs = clock.nowMs();
  const { connectionId, stored, refreshSeal, accessSeal } = storage;
  const { clientId } = settings;
  const generation = mintGenerationAfter(stored?.generation, nowMs, random.bytes(10));
  const { refreshToken, accessToken, subject, idTokenClaims, hints } = tokens;
  const profile = settings.storeProfile && idTokenClaims ? profileOf(idTokenClaims) : undefined;
  const binding = { purpose: 'refresh', connectionId, clientId, generation, version: 1 } as const;
  const connection = connectionOf({
    connectionId,
    clientId,
    generation,
    ...defined({ subject, profile }),
    grantedScopes: accessToken?.scopes ?? requestedScopes,
    ...(refreshToken && {
      refresh: { sealed: refreshSeal.seal(refreshToken, binding), life: firstRefreshLife(nowMs, hints) },
    }),
    commitId: randomHandle(random, 16),
    consentedAtMs: nowMs,
  });
  if (accessToken === undefined) return { connection };
  return {
    connection,
    accessToken: sealAccessToken(connection, accessToken, accessSeal, nowMs, EVERYTHING_GRANTED),
  };
}
