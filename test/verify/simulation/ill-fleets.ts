import type { IllAnswer, IllFleetOptions } from './ill-fleet.ts';

/** Answers that are about one grant, however many grants get them. */
const OWN: Readonly<Record<string, IllAnswer>> = {
  invalid_scope: { kind: 'misconfigured', error: 'invalid_scope' },
  unauthorized_client: { kind: 'misconfigured', error: 'unauthorized_client' },
  bad_request: { kind: 'misconfigured', error: 'bad_request' },
  'a 404': { kind: 'unexpected', status: 404 },
  'an unknown 400': { kind: 'unexpected', status: 400, error: 'never_seen' },
  'a 429': { kind: 'wait', retryAfterMs: 10_000 },
  invalid_grant: { kind: 'refused', error: 'invalid_grant' },
  'a ride': { kind: 'user-action', error: 'ride_AdobeID_acct_terms' },
};
/** Answers that are news of the fleet where several connections get them. */
const SHARED: Readonly<Record<string, IllAnswer>> = {
  'a 500': { kind: 'unknown', reason: 'server-error' },
  silence: { kind: 'unknown', reason: 'timeout' },
  'a bare 401': { kind: 'misconfigured', error: 'unauthorized' },
};
const INVALID_CLIENT: IllAnswer = { kind: 'misconfigured', error: 'invalid_client' };

type Scenario = Omit<IllFleetOptions, 'seed'>;

const beside = (
  answers: Readonly<Record<string, IllAnswer>>,
  well: number,
  ill: number,
): readonly Scenario[] =>
  Object.entries(answers).map(([name, answer]) => ({
    name: `${ill} of ${well + ill} with ${name}`,
    well,
    ill,
    answer,
  }));

const imports = (well: number, ill: number, name: string): Scenario => ({
  name: `${ill} imported beside ${well}, with ${name}`,
  well,
  ill,
  answer: OWN[name] ?? INVALID_CLIENT,
  imported: true,
  dailyShare: 0.2,
});

const narrowed = (name: string, answer: IllAnswer): Scenario => ({
  name: `callers of 6 connections ask for less each minute and get ${name}`,
  well: 60,
  ill: 6,
  answer,
  narrowed: true,
});

/** What `verify:weather` runs: a few ill connections, a tenth, a majority; dead imports; callers that ask for less. */
export const ILL_FLEETS: readonly Scenario[] = [
  ...beside({ ...OWN, ...SHARED }, 198, 2),
  // Its first refusal holds everybody for a minute: nothing but the credential is named.
  { name: '2 of 200 with invalid_client', well: 198, ill: 2, answer: INVALID_CLIENT, refusalsAllowed: 4 },
  ...beside(OWN, 180, 20),
  ...beside(OWN, 80, 120),
  { name: '5 of 2,000 with invalid_scope', well: 1_995, ill: 5, answer: OWN.invalid_scope ?? INVALID_CLIENT },
  imports(60, 300, 'bad_request'),
  imports(60, 300, 'invalid_grant'),
  imports(20, 1_000, 'bad_request'),
  narrowed('access_denied', { kind: 'refused', error: 'access_denied' }),
  narrowed('invalid_scope', { kind: 'misconfigured', error: 'invalid_scope' }),
  narrowed('a 429', { kind: 'wait', retryAfterMs: 10_000 }),
];

const short = (name: string, well: number, ill: number, answer: IllAnswer = INVALID_CLIENT): Scenario => ({
  name,
  well,
  ill,
  answer,
  days: 15.3,
});

/** The same in a few seconds, for `npm test`. */
export const SHORT_ILL_FLEETS: readonly Scenario[] = [
  short('a few odd', 38, 2, OWN.invalid_scope),
  short('most odd', 12, 18, OWN['an unknown 400']),
  short('most asked to wait', 12, 18, OWN['a 429']),
  short('a few without an answer', 38, 2, SHARED['a 500']),
  { ...short('dead imports', 15, 40, OWN.bad_request), imported: true },
];
