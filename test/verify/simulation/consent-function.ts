import {
  type CompleteDeps,
  createCompleteTransaction,
} from '../../../functions/core/consent/complete-transaction.ts';
import type { ConsentOutcomeKind } from '../../../functions/core/consent/consent-outcome.ts';
import type { AuthorizationTransaction } from '../../../functions/core/consent/transaction.ts';
import type { ConsentStore } from '../../../functions/core/ports/consents.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { SECOND_MS } from '../../../functions/core/time-units.ts';
import { type AdobeLine, codeOf } from './adobe-line.ts';
import type { Counters } from './counters.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface ConsentFunctionOptions {
  readonly deps: Omit<
    CompleteDeps,
    'transactions' | 'authorization' | 'consents' | 'ims' | 'clock' | 'settings'
  >;
  readonly clientId: string;
  readonly line: AdobeLine;
  readonly time: VirtualTime;
  readonly counts: Counters;
  readonly scopes: readonly string[];
}

/** A user comes back from Adobe's consent page with a code. */
export type Consent = (user: number) => Promise<ConsentOutcomeKind>;

const REMAINING_MS = 29 * SECOND_MS;
const VERIFIER = new Secret('an-unchecked-code-verifier-of-the-simulation');
const CONNECTION_CODE = new Secret('a-connection-code-that-is-never-redeemed');

/** The function `callback` for a plain sign-in: the real use case with a simulated browser. */
export function createConsentFunction(options: ConsentFunctionOptions): Consent {
  const { line, time, counts, scopes } = options;
  let transactions = 0;
  const complete = createCompleteTransaction({
    ...options.deps,
    transactions: { find: async (state) => transactionOf(state, time.nowMs()) },
    authorization: {
      readResponse: (parameters) => ({ kind: 'code', code: codeOf(Number(parameters.get('code'))) }),
    },
    consents: forgetful(),
    ims: line.imsFor(),
    clock: time,
    settings: {
      clientId: options.clientId,
      scopes,
      callbackUrl: 'https://vault.example/callback',
      returnUrls: [],
      scopeSets: ['*'],
      storeProfile: false,
      revocationScope: 'unknown',
    },
  });

  return async (user) => {
    counts.lambda.callback += 1;
    transactions += 1;
    const parameters = new URLSearchParams({ state: `transaction-${transactions}`, code: String(user) });
    const { outcome } = await complete({ parameters, cookies: [], remainingMs: REMAINING_MS });
    return outcome;
  };
}

function transactionOf(state: string, startedAtMs: number): AuthorizationTransaction {
  return {
    state,
    codeVerifier: VERIFIER,
    connectionCode: CONNECTION_CODE,
    startedAtMs,
    target: { kind: 'own-page' },
  };
}

/** No page is reloaded here, so nothing of a transaction has to be remembered. */
function forgetful(): ConsentStore {
  return {
    openSession: async () => undefined,
    readSession: async () => undefined,
    consume: async () => ({ kind: 'consumed' }),
    recordOutcome: async () => undefined,
    keepPending: async () => undefined,
    pending: { read: async () => undefined, markRedeemed: async () => undefined },
  };
}
