import type { Connection } from '../connection/connection.ts';
import { STATE_RULES } from '../connection/connection-states.ts';
import type { Deadline } from '../deadline.ts';
import type { ReceivedTokens } from '../ports/ims.ts';
import { createDueSchedule } from '../rotation/run.ts';
import { type ActivationResult, activateConnection } from './activate-connection.ts';
import type { CompleteDeps } from './complete-deps.ts';
import type { ConsentOutcomeKind } from './consent.ts';
import { persist } from './persist.ts';
import { preparePlace } from './prepare-exchange.ts';
import { publishConsent } from './publish-consent.ts';
import { type SealedConsent, sealConsent } from './seal-consent.ts';

/** The id that is derived from the user, and the digest of the code that this sign-in ends with. */
export interface SignInPlace {
  readonly connectionId: string;
  readonly codeDigest: string;
}

export interface KeptSignIn {
  readonly outcome: ConsentOutcomeKind;
  /** The connection the user now has; absent when the sign-in could not be kept. */
  readonly connection?: Connection;
}

/** A plain sign-in is active at once: its connection is the Adobe user's own, and nothing of the app's is bound to it. */
export async function keepSignIn(
  deps: CompleteDeps,
  { connectionId, codeDigest }: SignInPlace,
  tokens: ReceivedTokens,
  askedScopes: readonly string[],
  deadline: Deadline,
): Promise<KeptSignIn> {
  const place = await persist(deps.clock, deadline, () => preparePlace(deps, connectionId));
  const sealed = sealConsent(deps, place, tokens, askedScopes);
  const activation = await activateConnection(
    deps,
    { consent: sealed.connection, replace: false, codeDigest },
    deadline,
  );
  return conclude(deps, activation, sealed, deadline);
}

async function conclude(
  deps: CompleteDeps,
  activation: ActivationResult,
  sealed: SealedConsent,
  deadline: Deadline,
): Promise<KeptSignIn> {
  const { connection } = activation;
  switch (activation.result) {
    case 'activated':
      await Promise.all([
        createDueSchedule(deps, activation.newSchedule),
        publishQuietly(deps, sealed, deadline),
      ]);
      return { outcome: outcomeOf(connection), connection };
    case 'kept-previous':
      return { outcome: 'kept_previous', connection };
    case 'superseded':
      // Another tab of the same user was a moment faster: the user is connected. After a disconnect they are not.
      return STATE_RULES[connection.state].live
        ? { outcome: outcomeOf(connection), connection }
        : { outcome: 'transaction_expired' };
  }
}

function outcomeOf({ renewable }: Connection): ConsentOutcomeKind {
  return renewable ? 'connected' : 'connected_not_renewable';
}

/** The connection is stored; a token missing from the cache costs its first reader one refresh. */
async function publishQuietly(deps: CompleteDeps, sealed: SealedConsent, deadline: Deadline): Promise<void> {
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
