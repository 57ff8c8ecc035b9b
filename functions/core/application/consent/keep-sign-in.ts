import type { Connection } from '../../domain/connection.ts';
import { STATE_RULES } from '../../domain/connection-states.ts';
import type { ConsentOutcomeKind } from '../../domain/consent.ts';
import type { ReceivedTokens } from '../../ports/ims.ts';
import { armWake } from '../arm-wake.ts';
import type { Deadline } from '../deadline.ts';
import { type ActivationResult, activateConnection } from './activate-connection.ts';
import type { FinishDeps } from './finish-deps.ts';
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
  deps: FinishDeps,
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
  deps: FinishDeps,
  activation: ActivationResult,
  sealed: SealedConsent,
  deadline: Deadline,
): Promise<KeptSignIn> {
  const { connection } = activation;
  switch (activation.result) {
    case 'activated':
      await Promise.all([armWake(deps, activation.arm), publishQuietly(deps, sealed, deadline)]);
      return { outcome: outcomeOf(connection), connection };
    case 'kept-previous':
      return { outcome: 'kept_previous', connection };
    case 'superseded':
      // Another tab of the same user was a moment faster: the user is connected. After a disconnect they are not.
      return STATE_RULES[connection.state].live
        ? { outcome: outcomeOf(connection), connection }
        : { outcome: 'attempt_expired' };
  }
}

function outcomeOf({ renewable }: Connection): ConsentOutcomeKind {
  return renewable ? 'connected' : 'connected_not_renewable';
}

/** The connection is stored; a token missing from the cache costs its first reader one refresh. */
async function publishQuietly(deps: FinishDeps, sealed: SealedConsent, deadline: Deadline): Promise<void> {
  const { connection, accessToken } = sealed;
  try {
    await publishConsent({ ...deps, scopeSets: deps.settings.scopeSets }, connection, accessToken, deadline);
  } catch (fault) {
    const { connectionId } = connection;
    deps.telemetry.error('The access token of a new consent could not be published.', fault, {
      connectionId,
    });
  }
}
