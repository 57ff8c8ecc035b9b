import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../functions/core/durations.ts';
import type { TokenAnswer } from '../../../functions/core/ports/ims.ts';
import type { Adobe } from './adobe.ts';
import { createFleet, type Fleet } from './fleet.ts';

/** What Adobe answers to a grant that it does not refresh. */
export type IllAnswer = Exclude<TokenAnswer, { readonly kind: 'tokens' }>;

export interface IllFleetOptions {
  readonly name: string;
  readonly seed: string;
  /** Connections whose grants Adobe refreshes. */
  readonly well: number;
  /** The others, which get nothing but this. */
  readonly ill: number;
  readonly answer: IllAnswer;
  /** The ill ones are tokens that another system had, and that are dead: all of them come on the first day. */
  readonly imported?: boolean;
  /** Only requests for narrower scopes are answered so, and callers of as many connections make them every few minutes. */
  readonly narrowed?: boolean;
  /** Whose token is read once a day. */
  readonly dailyShare?: number;
  readonly days?: number;
  /** Requests of well ones that may be refused. Default: none. */
  readonly refusalsAllowed?: number;
}

/** What became of the well ones, counted by their callers and by Adobe's books. */
export interface IllFleet {
  readonly name: string;
  readonly vends: number;
  readonly refused: number;
  /** Why, by the vault's own reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Grants that came to their end, or had to be given again. */
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

/** A fleet in fine weather, of which some connections never get a token: it must not be felt by the others. */
export async function runIllFleet(options: IllFleetOptions): Promise<IllFleet> {
  const { well, ill, answer, narrowed = false, imported = false, dailyShare = 0.5, days = 17 } = options;
  const vends = { all: 0, refused: 0, reasons: {} as Record<string, number> };
  const isWell = (user: number | undefined): boolean => user !== undefined && user < well;
  const fleet = createFleet({
    seed: `${options.seed} ${options.name}`,
    mode: 'strict',
    users: Array.from({ length: imported || narrowed ? well : well + ill }, (_user, user) => user),
    startMs: START_MS,
    revokingUntilMs: START_MS,
    habits: { onboardingDays: ONBOARDING_DAYS, dailyShare, revokingShare: 0, fixedShare: 0 },
    spells: [],
    faultShare: 0,
    lostScheduleShare: 0,
    adobeLimitPerSecond: 1_000,
    maxSchedulesPerMinute: 120,
    realSealing: false,
    scopeSets: narrowed ? [NARROW] : [],
    illness: (post) => ((narrowed ? post.narrowed : !isWell(post.user)) ? answer : undefined),
    onVend: (user, result) => {
      if (!isWell(user)) return;
      vends.all += 1;
      if (result.outcome === 'vended') return;
      vends.refused += 1;
      const reason = 'reason' in result ? result.reason : result.outcome;
      vends.reasons[reason] = (vends.reasons[reason] ?? 0) + 1;
    },
  });
  if (imported) await importDead(fleet, ill);
  if (narrowed) askForNarrower(fleet, ill);
  const untilMs = START_MS + days * DAY_MS;
  let looks = 0;
  let open = 0;
  for (let atMs = START_MS; atMs <= untilMs; atMs += LOOKS_EVERY_MS) {
    await fleet.time.passUntil(atMs);
    looks += 1;
    if (fleet.breakers().credential ?? fleet.breakers().outage) open += 1;
  }
  const lost = lostGrants(fleet.adobe, isWell, untilMs);
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
function lostGrants(adobe: Adobe, isWell: (user: number) => boolean, nowMs: number): number {
  const last = new Map<number, number>();
  let again = 0;
  for (let grant = 0; grant < adobe.tally().grants; grant += 1) {
    const user = adobe.userOf(grant);
    if (!isWell(user)) continue;
    if (last.has(user)) again += 1;
    last.set(user, grant);
  }
  const ended = [...last.values()].filter((grant) => adobe.endOf(grant) <= nowMs || adobe.isStranded(grant));
  return again + ended.length;
}
