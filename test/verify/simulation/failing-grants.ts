import type { TokenAnswer } from '../../../functions/core/ports/ims.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../functions/core/time-units.ts';
import type { Adobe } from './adobe.ts';
import { createFleet, type Fleet } from './fleet.ts';

/** The answer to every refresh of a failing grant. */
export type FailingAnswer = Exclude<TokenAnswer, { readonly kind: 'tokens' }>;

export interface FailingGrantsOptions {
  readonly name: string;
  readonly seed: string;
  /** Connections whose grants Adobe refreshes. */
  readonly healthy: number;
  /** The others, whose every refresh gets `answer`. */
  readonly failing: number;
  readonly answer: FailingAnswer;
  /** The failing ones are dead tokens of another system, all imported on the first day. */
  readonly imported?: boolean;
  /** Only requests for narrower scopes get `answer`. Callers of `failing` connections make one each minute. */
  readonly narrowed?: boolean;
  /** The share of users whose token is read once a day. */
  readonly dailyShare?: number;
  readonly days?: number;
  /** Requests for healthy connections that may be refused. Default: none. */
  readonly refusalsAllowed?: number;
}

/** What became of the healthy connections, counted by their callers and by Adobe's books. */
export interface FailingGrantsReport {
  readonly name: string;
  readonly vends: number;
  readonly refused: number;
  /** Why, by the vault's own reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Grants that ended, or for which the user had to consent again. */
  readonly lost: number;
  readonly posts: number;
  readonly breakersOpened: number;
  /** Of all minutes, those with a breaker open. */
  readonly openShare: number;
  readonly holds: boolean;
}

const START_MS = Date.UTC(2026, 0, 5);
const ONBOARDING_DAYS = 1;
const NARROW = 'openid';
const ASKS_EVERY_MS = MINUTE_MS;
const LOOKS_EVERY_MS = 5 * MINUTE_MS;

/** A fleet without an outage in which some grants always fail. The other connections must not notice. */
export async function runFailingGrants(options: FailingGrantsOptions): Promise<FailingGrantsReport> {
  const {
    healthy,
    failing,
    answer,
    narrowed = false,
    imported = false,
    dailyShare = 0.5,
    days = 17,
  } = options;
  const vends = { all: 0, refused: 0, reasons: {} as Record<string, number> };
  const isHealthy = (user: number | undefined): boolean => user !== undefined && user < healthy;
  const fleet = createFleet({
    seed: `${options.seed} ${options.name}`,
    mode: 'strict',
    users: Array.from({ length: imported || narrowed ? healthy : healthy + failing }, (_user, user) => user),
    startMs: START_MS,
    revokingUntilMs: START_MS,
    habits: { onboardingDays: ONBOARDING_DAYS, dailyShare, revokingShare: 0, fixedShare: 0 },
    disturbances: [],
    faultShare: 0,
    lostScheduleShare: 0,
    adobeLimitPerSecond: 1_000,
    maxSchedulesPerMinute: 120,
    realSealing: false,
    scopeSets: narrowed ? [NARROW] : [],
    answerOverride: (post) => ((narrowed ? post.narrowed : !isHealthy(post.user)) ? answer : undefined),
    onVend: (user, result) => {
      if (!isHealthy(user)) return;
      vends.all += 1;
      if (result.outcome === 'vended') return;
      vends.refused += 1;
      const reason = 'reason' in result ? result.reason : result.outcome;
      vends.reasons[reason] = (vends.reasons[reason] ?? 0) + 1;
    },
  });
  if (imported) await importDead(fleet, failing);
  if (narrowed) askForNarrower(fleet, failing);
  const untilMs = START_MS + days * DAY_MS;
  let looks = 0;
  let open = 0;
  for (let atMs = START_MS; atMs <= untilMs; atMs += LOOKS_EVERY_MS) {
    await fleet.time.passUntil(atMs);
    looks += 1;
    if (fleet.breakers().credential ?? fleet.breakers().outage) open += 1;
  }
  const lost = lostGrants(fleet.adobe, isHealthy, untilMs);
  return {
    name: options.name,
    vends: vends.all,
    refused: vends.refused,
    reasons: vends.reasons,
    lost,
    posts: fleet.counts.ims.posts,
    breakersOpened: fleet.counts.metrics.BreakerOpened ?? 0,
    openShare: Math.round((100 * open) / looks) / 100,
    holds: vends.refused <= (options.refusalsAllowed ?? 0) && lost === 0 && vends.all > 0,
  };
}

function importDead(fleet: Fleet, count: number): Promise<unknown> {
  const imports = Array.from({ length: count }, (_one, at) => fleet.importToken(`dead.${at}`, `dead-${at}`));
  const all = Promise.all(imports);
  return fleet.time.passUntil(START_MS + HOUR_MS / 2).then(() => all);
}

/** They heed `Retry-After` no more than such callers do. */
function askForNarrower(fleet: Fleet, count: number): void {
  const ask = (connectionId: string, atMs: number) =>
    fleet.time.at(atMs, () => {
      void fleet.vend({ connectionId, scopes: NARROW });
      ask(connectionId, atMs + ASKS_EVERY_MS);
    });
  fleet.time.at(START_MS + 2 * DAY_MS, () => {
    const ids = [...fleet.table.rows()].map(({ connectionId }) => connectionId).slice(0, count);
    for (const connectionId of ids) ask(connectionId, fleet.time.nowMs());
  });
}

/** By Adobe's books: of each well user the last grant must live, and be the only one. */
function lostGrants(adobe: Adobe, isHealthy: (user: number) => boolean, nowMs: number): number {
  const last = new Map<number, number>();
  let again = 0;
  for (let grant = 0; grant < adobe.tally().grants; grant += 1) {
    const user = adobe.userOf(grant);
    if (!isHealthy(user)) continue;
    if (last.has(user)) again += 1;
    last.set(user, grant);
  }
  const ended = [...last.values()].filter((grant) => adobe.endOf(grant) <= nowMs || adobe.isStranded(grant));
  return again + ended.length;
}

/** Answers that are about one grant, however many grants get them. */
const OWN: Readonly<Record<string, FailingAnswer>> = {
  invalid_scope: { kind: 'misconfigured', error: 'invalid_scope' },
  unauthorized_client: { kind: 'misconfigured', error: 'unauthorized_client' },
  bad_request: { kind: 'misconfigured', error: 'bad_request' },
  'a 404': { kind: 'unexpected', status: 404 },
  'an unknown 400': { kind: 'unexpected', status: 400, error: 'never_seen' },
  'a 429': { kind: 'wait', retryAfterMs: 10_000 },
  invalid_grant: { kind: 'refused', error: 'invalid_grant' },
  'a ride': { kind: 'user-action', error: 'ride_AdobeID_acct_terms' },
};
/** Answers that say something of Adobe or of our credential when several connections get them. */
const SHARED: Readonly<Record<string, FailingAnswer>> = {
  'a 500': { kind: 'unknown', reason: 'server-error' },
  'no answer': { kind: 'unknown', reason: 'timeout' },
  'a bare 401': { kind: 'misconfigured', error: 'unauthorized' },
};
const INVALID_CLIENT: FailingAnswer = { kind: 'misconfigured', error: 'invalid_client' };

type Scenario = Omit<FailingGrantsOptions, 'seed'>;

function failingAmong(
  answers: Readonly<Record<string, FailingAnswer>>,
  healthy: number,
  failing: number,
): readonly Scenario[] {
  return Object.entries(answers).map(([name, answer]) => ({
    name: `${failing} of ${healthy + failing} with ${name}`,
    healthy,
    failing,
    answer,
  }));
}

function imports(healthy: number, failing: number, name: string): Scenario {
  return {
    name: `${failing} imported next to ${healthy}, with ${name}`,
    healthy,
    failing,
    answer: OWN[name] ?? INVALID_CLIENT,
    imported: true,
    dailyShare: 0.2,
  };
}

function narrowed(name: string, answer: FailingAnswer): Scenario {
  return {
    name: `callers of 6 connections ask for less each minute and get ${name}`,
    healthy: 60,
    failing: 6,
    answer,
    narrowed: true,
  };
}

/** What `verify:outages` runs: a few failing grants, a tenth, a majority; dead imports; callers that ask for less. */
export const FAILING_GRANT_SCENARIOS: readonly Scenario[] = [
  ...failingAmong({ ...OWN, ...SHARED }, 198, 2),
  // The first refusal holds every connection for a minute, because it names the credential alone.
  {
    name: '2 of 200 with invalid_client',
    healthy: 198,
    failing: 2,
    answer: INVALID_CLIENT,
    refusalsAllowed: 4,
  },
  ...failingAmong(OWN, 180, 20),
  ...failingAmong(OWN, 80, 120),
  {
    name: '5 of 2,000 with invalid_scope',
    healthy: 1_995,
    failing: 5,
    answer: OWN.invalid_scope ?? INVALID_CLIENT,
  },
  imports(60, 300, 'bad_request'),
  imports(60, 300, 'invalid_grant'),
  imports(20, 1_000, 'bad_request'),
  narrowed('access_denied', { kind: 'refused', error: 'access_denied' }),
  narrowed('invalid_scope', { kind: 'misconfigured', error: 'invalid_scope' }),
  narrowed('a 429', { kind: 'wait', retryAfterMs: 10_000 }),
];

function short(
  name: string,
  healthy: number,
  failing: number,
  answer: FailingAnswer = INVALID_CLIENT,
): Scenario {
  return {
    name,
    healthy,
    failing,
    answer,
    days: 15.3,
  };
}

/** The same in a few seconds, for `npm test`. */
export const SHORT_SCENARIOS: readonly Scenario[] = [
  short('a few odd', 38, 2, OWN.invalid_scope),
  short('most odd', 12, 18, OWN['an unknown 400']),
  short('most asked to wait', 12, 18, OWN['a 429']),
  short('a few without an answer', 38, 2, SHARED['a 500']),
  { ...short('dead imports', 15, 40, OWN.bad_request), imported: true },
];
