import { MARK } from './hostile-values.ts';
import type { HttpAnswer, RawOutcome } from './raw-client.ts';

export type Fault = 'serverErrors' | 'reflections' | 'unanswered' | 'openRedirects' | 'unguarded';

export interface FoundFault {
  readonly fault: Fault;
  readonly what: string;
}

export interface AnswerRules {
  /** Where redirects may lead, query and fragment aside. */
  readonly destinations: readonly string[];
  /** An answer that names an outage is right: the request itself claims that Adobe has one. */
  readonly claimsOutage: boolean;
  /**
   * A token is asked for of a connection that an import has just brought in. Adobe does not know its refresh token, and until
   * it has been refused often enough the vault says no more than "try again".
   */
  readonly isUnproven: boolean;
  /** The request is not HTTP: cutting the connection is an answer too. */
  readonly isBroken: boolean;
}

/** Outcomes that a page, or the app behind a redirect, is given when something is out of order. */
const OUTAGES = ['adobe_unavailable', 'vault_unavailable', 'not_configured'];

/** What is wrong with an answer, whatever the request was. */
export function classifyAnswer(outcome: RawOutcome, rules: AnswerRules): readonly FoundFault[] {
  if (typeof outcome === 'string') {
    return rules.isBroken ? [] : [{ fault: 'unanswered', what: `the connection was ${outcome}` }];
  }
  return [
    ...serverErrors(outcome, rules),
    ...reflections(outcome),
    ...openRedirects(outcome, rules),
    ...unguarded(outcome),
  ];
}

function serverErrors(answer: HttpAnswer, { claimsOutage, isUnproven }: AnswerRules): readonly FoundFault[] {
  const outage = outageIn(answer);
  const isClaimed = claimsOutage && outage !== undefined && outage !== 'vault_unavailable';
  const isExplained = isClaimed || (isUnproven && asksToTryAgain(answer));
  if ((answer.status < 500 && outage === undefined) || isExplained) return [];
  return [
    { fault: 'serverErrors', what: `${answer.status} ${outage ?? answer.body.toString('utf8', 0, 200)}` },
  ];
}

function asksToTryAgain(answer: HttpAnswer): boolean {
  const isTheVaults = answer.body.includes('"code":"temporarily_unavailable"');
  return answer.status === 503 && isTheVaults && headerOf(answer, 'retry-after') !== undefined;
}

function outageIn(answer: HttpAnswer): string | undefined {
  const inPage = /data-outcome="([a-z_]+)"/.exec(answer.body.toString('latin1', 0, 20_000))?.[1];
  const inLocation = /[?&]error=([a-z_]+)/.exec(headerOf(answer, 'location') ?? '')?.[1];
  return OUTAGES.find((outage) => outage === inPage || outage === inLocation);
}

/** No answer has a reason to repeat what was planted, escaped or not; of this or of any other request. */
function reflections({ head, body }: HttpAnswer): readonly FoundFault[] {
  const isIn = (text: string): boolean => text.toLowerCase().includes(MARK);
  const places = [...(isIn(head) ? ['headers'] : []), ...(isIn(body.toString('latin1')) ? ['body'] : [])];
  return places.map((place) => ({ fault: 'reflections', what: `the ${place} repeat what was planted` }));
}

function openRedirects(answer: HttpAnswer, { destinations }: AnswerRules): readonly FoundFault[] {
  const location = headerOf(answer, 'location');
  if (location === undefined) return [];
  const isOurs = URL.canParse(location) && destinations.includes(withoutQuery(new URL(location)));
  return isOurs ? [] : [{ fault: 'openRedirects', what: `a redirect to ${location.slice(0, 200)}` }];
}

/** Keeps the userinfo, which can make another host look like ours. */
function withoutQuery(url: URL): string {
  const bare = new URL(url);
  bare.search = '';
  bare.hash = '';
  return bare.href;
}

const COOKIE =
  /^__Host-vault-[0-9a-f]{12}=[A-Za-z0-9._-]*; Max-Age=\d+; Path=\/; Secure; HttpOnly; SameSite=Lax$/;

/** What every answer of the functions carries; the gateway's own say nothing that needs it. */
function unguarded(answer: HttpAnswer): readonly FoundFault[] {
  const header = (name: string): string => headerOf(answer, name) ?? '';
  const isPage = header('content-type').startsWith('text/html');
  const isForBrowser = isPage || header('location') !== '';
  const isForProgram = header('content-type') === 'application/problem+json';
  const missing = [
    ...((isForBrowser || isForProgram) && header('cache-control') !== 'no-store' ? ['cache-control'] : []),
    ...((isForBrowser || isForProgram) && header('x-content-type-options') !== 'nosniff' ? ['nosniff'] : []),
    ...(isForBrowser && header('referrer-policy') !== 'no-referrer' ? ['referrer-policy'] : []),
    ...(isForBrowser && !/default-src 'none'.*frame-ancestors 'none'/.test(header('content-security-policy'))
      ? ['csp']
      : []),
    ...(header('location') !== '' && answer.status !== 303 ? ['303'] : []),
    ...(answer.headers.some(([name, value]) => name === 'set-cookie' && !COOKIE.test(value))
      ? ['set-cookie']
      : []),
  ];
  return missing.map((what) => ({ fault: 'unguarded', what: `${answer.status} without its ${what}` }));
}

function headerOf({ headers }: HttpAnswer, wanted: string): string | undefined {
  return headers.find(([name]) => name === wanted)?.[1];
}
