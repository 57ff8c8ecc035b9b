import { createCompleteTransaction } from '../../../../functions/core/consent/complete-transaction.ts';
import { createOpenConsent } from '../../../../functions/core/consent/open-consent.ts';
import { createRedeemCode, type RedeemDeps } from '../../../../functions/core/consent/redeem-code.ts';
import type { AuthorizationTransaction } from '../../../../functions/core/consent/transaction.ts';
import type { ConsentStore } from '../../../../functions/core/ports/consents.ts';
import type { RotationDeps } from '../../../../functions/core/rotation/run.ts';
import { Secret } from '../../../../functions/core/secret.ts';
import type { RaceWorld } from './race-world.ts';

const RETURN_TO = 'https://app.example/back';
const CALLBACK_MS = 29_000;

/** A user at a browser, on the way back from Adobe with a code. */
export interface Consent {
  readonly connectionId: string;
  readonly subject: string;
  /** Tells one consent from another. */
  readonly number: number;
}

interface ConsentPorts {
  readonly deps: RotationDeps;
  readonly consents: ConsentStore;
}

/** Opens a consent session for the user and lets Adobe's answer come back to the callback. */
export async function openTransaction(world: RaceWorld, { connectionId, subject, number }: Consent) {
  const { clock, random, telemetry, strong } = world;
  const settings = { returnUrls: [RETURN_TO] };
  const open = createOpenConsent({ consents: strong.ports.consents, clock, random, telemetry, settings });
  const opened = await open({ connectionId, returnTo: RETURN_TO, replace: false });
  if (opened.outcome !== 'opened') throw new Error(`No consent session: ${opened.outcome}.`);
  const code = world.ims.ledger.authorize({ subject });
  const state = `state-${number}-0123456789-0123456789`;
  const transaction: AuthorizationTransaction = {
    state,
    codeVerifier: new Secret('verifier'),
    connectionCode: new Secret(connectionCodeOf(number)),
    startedAtMs: clock.nowMs(),
    target: { kind: 'session', sessionId: opened.sessionId.reveal() },
  };
  return async ({ deps, consents }: ConsentPorts): Promise<string> => {
    const complete = createCompleteTransaction({
      ...deps,
      transactions: { find: async () => transaction },
      consents,
      authorization: { readResponse: () => ({ kind: 'code', code }) },
      settings: {
        clientId: deps.settings.clientId,
        scopes: ['openid', 'offline_access'],
        callbackUrl: 'https://vault.example/callback',
        returnUrls: [RETURN_TO],
        scopeSets: deps.settings.scopeSets,
        storeProfile: false,
        revocationScope: deps.settings.revocationScope,
      },
    });
    const parameters = new URLSearchParams({ state, code: 'as-sent' });
    return (await complete({ parameters, cookies: [], remainingMs: CALLBACK_MS })).outcome;
  };
}

/** The app's backend redeems the one-time code of a consent. */
export async function redeem(
  { connectionId, number }: Consent,
  { deps, consents }: ConsentPorts,
  remainingMs: number,
) {
  const redeemDeps: RedeemDeps = { ...deps, consents, scopeSets: deps.settings.scopeSets };
  return createRedeemCode(redeemDeps)({
    connectionCode: connectionCodeOf(number),
    redeemer: { connectionId },
    remainingMs,
  });
}

const connectionCodeOf = (number: number) => Buffer.alloc(32, number).toString('base64url');
