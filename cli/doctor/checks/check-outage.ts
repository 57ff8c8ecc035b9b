import {
  type Attempt,
  type BreakerName,
  hasManyOddAnswers,
  isRefusalBreakerOpen,
  type OpenBreaker,
} from '../../../functions/core/rotation/breakers.ts';
import { fromNowInWords, spanInWords } from '../../spans.ts';
import { error, type Finding, notKnown, ok, orOk, unknown, warning } from '../finding.ts';
import type { FleetFacts, MissedFacts, VaultFacts } from '../vault-facts.ts';

const RECENT_MS = 3_600_000;

export function checkBreakers({ breakers, nowMs }: VaultFacts): readonly Finding[] {
  if (!breakers.known) return [notKnown('breakers', breakers)];
  const { credential, outage } = breakers.value;
  const found = [
    ...(outage ? [openFinding('outage', outage, nowMs)] : []),
    ...(credential ? [openFinding('credential', credential, nowMs)] : []),
    ...(isRefusalBreakerOpen(breakers.value, nowMs) ? [REFUSALS] : []),
    ...(hasManyOddAnswers(breakers.value, nowMs) ? [ODD_ANSWERS] : []),
  ];
  return orOk(found, 'breakers', 'No breaker is open.');
}

const REFUSALS = error(
  'breakers',
  'The refusal breaker is open: Adobe refuses many connections at once. The vault calls none of them revoked while it is open.',
  'Ask Adobe what changed for the credential. The vault keeps trying.',
);
const ODD_ANSWERS = warning(
  'breakers',
  'Adobe answers many connections oddly, and no connection succeeds.',
  'Compare the credential and its scopes with the Adobe console: docs/operations.md#odd-answers.',
);

const MEANINGS: Readonly<Record<BreakerName, string>> = {
  outage: "Adobe's answers are lost. Connections with more than 48 h left wait.",
  credential: 'Adobe refuses the credential. All connections wait.',
};
const REMEDIES: Readonly<Record<BreakerName, string>> = {
  outage:
    "Look at Adobe's status page. The vault tries by itself and resumes: docs/operations.md#outage-breaker-open.",
  credential: 'Store the right client secret: docs/operations.md#credential-breaker-open.',
};

function openFinding(name: BreakerName, open: OpenBreaker, nowMs: number): Finding {
  const { reason, openedAtMs, openUntilMs } = open;
  const trial =
    openUntilMs > nowMs
      ? `The next trial may pass ${fromNowInWords(openUntilMs, nowMs)}.`
      : 'A trial may pass now.';
  const since = `since ${isoOf(openedAtMs)} (${fromNowInWords(openedAtMs, nowMs)})`;
  if (name === 'outage' && reason === 'throttled') {
    const message = `Adobe asks the vault to wait (429) ${since}: scheduled rotations are slowed, callers are served. ${trial}`;
    return warning('breakers', message, 'Ask Adobe for a higher limit if this lasts for days.');
  }
  const message = `The ${name} breaker is open ${since}, reason: ${reason}. ${MEANINGS[name]} ${trial}`;
  return error('breakers', message, REMEDIES[name]);
}

/** The vault's own record, and one post of doctor's that carries no grant. */
export function checkTokenEndpoint({ tokenEndpoint, breakers, nowMs }: VaultFacts): readonly Finding[] {
  const check = 'token-endpoint';
  const record = breakers.known
    ? recordInWords(breakers.value.recent, nowMs)
    : 'The vault’s record is not known.';
  if (!tokenEndpoint.known) return [notKnown(check, tokenEndpoint)];
  const { value: asked } = tokenEndpoint;
  if (asked === 'not-asked') return [unknown(check, `without a client secret it cannot be asked. ${record}`)];
  const remedy = "Look at Adobe's status page, and at the finding breakers.";
  if (!asked.answers) {
    return [error(check, `Adobe's token endpoint does not answer (${asked.code}). ${record}`, remedy)];
  }
  const bad =
    breakers.known && breakers.value.recent.some((one) => isBad(one) && one.atMs > nowMs - RECENT_MS);
  return bad
    ? [warning(check, `Adobe's token endpoint answers now (${asked.code}). ${record}`, remedy)]
    : [ok(check, `Adobe's token endpoint answers (${asked.code}). ${record}`)];
}

const isBad = ({ kind }: Attempt): boolean =>
  kind === 'unknown' || kind === 'throttled' || kind === 'misconfigured';

const ANSWERS: Readonly<Record<Attempt['kind'], string>> = {
  success: 'with tokens',
  unknown: 'lost',
  throttled: 'asked to wait',
  refused: 'refused a grant',
  misconfigured: 'refused the credential',
};

/** Such as: `Of the vault's last 20 posts: 18 lost (server-error), 2 with tokens. The last one 4 min ago.` */
function recordInWords(recent: readonly Attempt[], nowMs: number): string {
  const last = recent.at(-1);
  if (last === undefined) return 'The vault has recorded no bad answer recently.';
  const counts = new Map<string, number>();
  for (const { kind, code } of recent) {
    const words = code === undefined ? ANSWERS[kind] : `${ANSWERS[kind]} (${code})`;
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  const parts = [...counts].map(([words, count]) => `${count} ${words}`).join(', ');
  return `Of the vault's last ${recent.length} posts: ${parts}. The last one came ${fromNowInWords(last.atMs, nowMs)}.`;
}

export function checkFleet({ fleet, nowMs }: VaultFacts): readonly Finding[] {
  if (!fleet.known) return [notKnown('connections', fleet)];
  const { value } = fleet;
  const found = [...lateFindings(value, nowMs), ...brokenFindings(value)];
  return orOk(found, 'connections', `${statesInWords(value)} None is late.`);
}

/** Such as: `14 connections: 12 active, 2 suspect.` */
function statesInWords({ counted, complete, byState }: FleetFacts): string {
  const states = Object.entries(byState).map(([state, count]) => `${count} ${state}`);
  const scope = complete
    ? countOf(counted, 'connection')
    : `Only the first ${counted} connections were counted (the metric Connections has all)`;
  return states.length === 0 ? `${scope}.` : `${scope}: ${states.join(', ')}.`;
}

function lateFindings(fleet: FleetFacts, nowMs: number): readonly Finding[] {
  const { late, lateSinceMs = nowMs, lateFirstExpiryMs, lateExamples } = fleet;
  if (late === 0) return [];
  const left = lateFirstExpiryMs === undefined ? '' : ` ${firstLoss(lateFirstExpiryMs, nowMs)}`;
  const message = `${statesInWords(fleet)} ${late} ${late === 1 ? 'is' : 'are'} late, by up to ${spanInWords(nowMs - lateSinceMs)}.${left}`;
  const remedy = `See why: \`adobe-token-vault why ${lateExamples[0] ?? '<connection>'}\`. All of them: \`list\`.`;
  return [error('connections', message, remedy)];
}

function brokenFindings({
  expired,
  degraded,
  degradedExamples,
  notRenewable,
}: FleetFacts): readonly Finding[] {
  const check = 'connections';
  return [
    ...(expired === 0
      ? []
      : [
          error(
            check,
            `${countOf(expired, 'grant')} ${expired === 1 ? 'has' : 'have'} expired.`,
            'Let their users consent again: docs/operations.md#expired.',
          ),
        ]),
    ...(degraded === 0
      ? []
      : [
          warning(
            check,
            `Degraded by a fault of the vault or of its credential: ${countOf(degraded, 'connection')}.`,
            `See why: \`adobe-token-vault why ${degradedExamples[0] ?? '<connection>'}\`.`,
          ),
        ]),
    ...(notRenewable === 0
      ? []
      : [
          warning(
            check,
            `Without a refresh token: ${countOf(notRenewable, 'connection')}. Each ends when its access token expires.`,
            'Add offline_access to the setting scopes, and let their users consent again.',
          ),
        ]),
  ];
}

const firstLoss = (expiryMs: number, nowMs: number): string =>
  expiryMs > nowMs
    ? `The first grant is lost ${fromNowInWords(expiryMs, nowMs)} unless a try succeeds.`
    : `The first of them expired ${fromNowInWords(expiryMs, nowMs)}.`;

export function checkDueTimes({ missed, nowMs }: VaultFacts): readonly Finding[] {
  if (!missed.known) return [notKnown('due-times', missed)];
  const { count, complete, oldestDueAtMs, firstExpiryMs }: MissedFacts = missed.value;
  if (count === 0) return [ok('due-times', 'No due time was missed.')];
  const late =
    oldestDueAtMs === undefined ? '' : ` The oldest was due ${fromNowInWords(oldestDueAtMs, nowMs)}.`;
  const loss = firstExpiryMs === undefined ? '' : ` ${firstLoss(firstExpiryMs, nowMs)}`;
  const message = `Missed due times, which no run has handled: ${complete ? count : `at least ${count}`}.${late}${loss}`;
  return [
    error(
      'due-times',
      message,
      'The reconciler reschedules them within the hour. If it does not: docs/operations.md#connections-overdue.',
    ),
  ];
}

const isoOf = (atMs: number): string => new Date(atMs).toISOString();
const countOf = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;
