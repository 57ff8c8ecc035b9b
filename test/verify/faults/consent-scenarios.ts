import { deriveConnectionId } from '../../../functions/core/connection/connection-id.ts';
import {
  type AuthorizationTransaction,
  returnUrlKey,
  type TransactionTarget,
} from '../../../functions/core/consent/transaction.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { RETURN_TO } from '../../support/fake-vault/use-cases.ts';
import type { CrashWorld } from './crash-world.ts';
import type { PortProcess } from './faulty-process.ts';
import { type Scenario, vended } from './preparations.ts';

const SUBJECT = '0123456789ABCDEF01234567@AdobeID';
const CONNECTION_ID = 'acme.user-42';
const OTHER_SUBJECT = '89ABCDEF0123456701234567@AdobeID';
/** A sign-in's redeem names no connection. */
const SIGN_IN = 'sign-in';
const MORE_SCOPES = ['openid', 'offline_access', 'lr_partner_apis'];
const STATE = 'state-0123456789-0123456789';
export const CONNECTION_CODE = Buffer.alloc(32, 9).toString('base64url');
const VERIFIER = 'canary-of-a-verifier_0123456789.0123456789~0123';
const COOKIE = 'canary-of-a-cookie.0123456789_0123456789';
const CALLBACK_MS = 29_000;
const HALF_A_MINUTE_MS = 30_000;
const HOUR_MS = 3_600_000;

/** The callback of one browser that comes back with a good code. */
function callback(world: CrashWorld, target: TransactionTarget, subject = SUBJECT) {
  const code = world.ims.ledger.authorize({ subject });
  const transaction: AuthorizationTransaction = {
    state: STATE,
    codeVerifier: new Secret(VERIFIER),
    connectionCode: new Secret(CONNECTION_CODE),
    startedAtMs: world.clock.nowMs(),
    target,
  };
  const found = { find: async () => transaction };
  const cookies = [`__Host-transaction=${COOKIE}`];
  return (process?: PortProcess): Promise<string> => {
    const transactions = process ? process.through('transactions', found) : found;
    return world.useCases(process).callback({ transaction, transactions, code, cookies });
  };
}

function redeem(world: CrashWorld, connectionId = CONNECTION_ID) {
  const redeemer = connectionId === SIGN_IN ? { appState: STATE } : { connectionId };
  return (process?: PortProcess): Promise<string> =>
    world.useCases(process).redeem(CONNECTION_CODE, redeemer);
}

async function openSession(world: CrashWorld): Promise<TransactionTarget> {
  return { kind: 'session', sessionId: await world.useCases().openConsent(CONNECTION_ID) };
}

export const CONSENT_SCENARIOS: readonly Scenario[] = [
  {
    name: 'callback of a sign-in',
    timeoutMs: CALLBACK_MS,
    grant: 'begins',
    prepare: async (world) => {
      const run = callback(world, { kind: 'own-page' });
      return { connectionId: '', subject: SUBJECT, run, again: run };
    },
  },
  {
    name: 'callback of a consent session',
    timeoutMs: CALLBACK_MS,
    grant: 'begins',
    prepare: async (world) => {
      const run = callback(world, await openSession(world));
      const again = async () => `${await run()}, then ${await redeem(world)()}`;
      return { connectionId: CONNECTION_ID, subject: SUBJECT, run, again };
    },
  },
  {
    name: 'redeem',
    timeoutMs: CALLBACK_MS,
    grant: 'holds',
    prepare: async (world) => {
      await callback(world, await openSession(world))();
      const run = redeem(world);
      return { connectionId: CONNECTION_ID, subject: SUBJECT, run, again: run };
    },
  },
  {
    name: 'redeem over a live connection',
    timeoutMs: CALLBACK_MS,
    grant: 'holds',
    prepare: async (world) => {
      await world.connect({ connectionId: CONNECTION_ID, subject: SUBJECT });
      world.clock.advance(HOUR_MS);
      await callback(world, await openSession(world))();
      const run = redeem(world);
      return { connectionId: CONNECTION_ID, subject: SUBJECT, run, again: run };
    },
  },
  {
    name: 'callback of a sign-in that returns to the app',
    timeoutMs: CALLBACK_MS,
    grant: 'begins',
    prepare: async (world) => {
      const run = callback(world, { kind: 'return', returnUrlKey: returnUrlKey(RETURN_TO), appState: STATE });
      const again = async () => `${await run()}, then ${await redeem(world, SIGN_IN)()}`;
      return { connectionId: '', subject: SUBJECT, run, again };
    },
  },
  {
    name: 'redeem of a sign-in',
    timeoutMs: CALLBACK_MS,
    grant: 'holds',
    prepare: async (world) => {
      await callback(world, { kind: 'return', returnUrlKey: returnUrlKey(RETURN_TO), appState: STATE })();
      const run = redeem(world, SIGN_IN);
      return { connectionId: '', subject: SUBJECT, run, again: run };
    },
  },
  {
    name: 'callback of a sign-in with fewer scopes than before',
    timeoutMs: CALLBACK_MS,
    grant: 'holds',
    prepare: async (world) => {
      const connectionId = deriveConnectionId(world.deps.settings.clientId, SUBJECT);
      await world.connect({ connectionId, subject: SUBJECT, grantedScopes: MORE_SCOPES });
      world.clock.advance(HOUR_MS);
      const run = callback(world, { kind: 'own-page' });
      return { connectionId, subject: SUBJECT, run, again: run };
    },
  },
  {
    name: 'redeem of fewer scopes than before',
    timeoutMs: CALLBACK_MS,
    grant: 'holds',
    prepare: async (world) => {
      await world.connect({ connectionId: CONNECTION_ID, subject: SUBJECT, grantedScopes: MORE_SCOPES });
      world.clock.advance(HOUR_MS);
      await callback(world, await openSession(world))();
      const run = redeem(world);
      return { connectionId: CONNECTION_ID, subject: SUBJECT, run, again: run };
    },
  },
  {
    name: 'redeem by another user',
    timeoutMs: CALLBACK_MS,
    grant: 'holds',
    prepare: async (world) => {
      await vended(world, { connectionId: CONNECTION_ID, subject: OTHER_SUBJECT });
      world.clock.advance(HOUR_MS);
      await callback(world, await openSession(world))();
      const run = redeem(world);
      const who = { connectionId: CONNECTION_ID, subject: SUBJECT, takenFrom: OTHER_SUBJECT };
      return { ...who, run, again: run };
    },
  },
  {
    name: 'redeem after a disconnect',
    timeoutMs: CALLBACK_MS,
    grant: 'ends',
    prepare: async (world) => {
      await vended(world, { connectionId: CONNECTION_ID, subject: OTHER_SUBJECT });
      await callback(world, await openSession(world))();
      world.clock.advance(HALF_A_MINUTE_MS);
      await world.useCases().disconnect(CONNECTION_ID);
      const run = redeem(world);
      return { connectionId: CONNECTION_ID, subject: OTHER_SUBJECT, run, again: run };
    },
  },
];
