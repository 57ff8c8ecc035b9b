import { always, become, drop, never, replace } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { testFile } from './proofs.ts';

const oneGrant = testFile('test/unit/rotation/one-grants-answer.test.ts');
const credential = testFile('test/unit/rotation/refused-credential.test.ts');
const lastChance = testFile('test/unit/rotation/last-chance.test.ts');
const forged = testFile('test/unit/rotation/forged-breakers.test.ts');
const back = testFile('test/unit/rotation/back-after-an-outage.test.ts');
const outage = testFile('test/unit/cli/diagnosing-an-outage.test.ts');
const prospect = testFile('test/unit/connection/prospect.test.ts');
const ownAnswers = testFile('test/unit/adapters/ims/token-endpoint-answers.test.ts');
const tokenErrors = testFile('test/unit/adapters/ims/read-token-error.test.ts');

/** What one connection meets must not stop the others. */
export const BREAKER_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'odd answers: a refused scope counts as a refused credential',
    changes: [always('observed', 'isCredentialError(')],
    noticedBy: [oneGrant('holds no other connection’s post')],
  },
  {
    safeguard: 'odd answers: an unknown 4xx counts as a lost answer',
    changes: [replace('observed', "kind: 'odd'", "kind: 'unknown'")],
    noticedBy: [oneGrant('holds no other connection’s post')],
  },
  {
    safeguard: 'odd answers: they use up the trial that brought them',
    changes: [always('withTrialGivenBack', '!open')],
    noticedBy: [oneGrant('closes no breaker, and gives the trial back')],
  },
  {
    safeguard: 'odd answers: many of them at once count against each connection',
    changes: [become('hasManyOddAnswers', 'false')],
    noticedBy: [oneGrant('raises an alarm and calls no connection revoked')],
  },
  {
    safeguard: 'odd answers: a success does not forget them',
    changes: [replace('afterSuccess', '{ odd: _, ...breakers }', 'breakers')],
    noticedBy: [oneGrant('with a success between them is no news')],
  },
  {
    safeguard: 'trials: one that posts nothing is used up',
    changes: [drop('rotateToken', 'report.unused')],
    noticedBy: [oneGrant('is given back to the others')],
  },
  {
    safeguard: 'faulty connections: what they meet opens breakers',
    changes: [never('isNews', "'own-fault'")],
    noticedBy: [oneGrant('opens no breaker by answers that are lost')],
  },
  {
    safeguard: 'faulty connections: they take the trials',
    changes: [replace('TRIAL_DELAY_MS', "'own-fault': HOUR_MS", "'own-fault': 0")],
    noticedBy: [oneGrant('leaves the trial of a breaker to others')],
  },
  {
    safeguard: 'faulty connections: an answer lost again counts again',
    changes: [never('isNews', "'unknown'")],
    noticedBy: [oneGrant('hold no other connection, though they fail forever')],
  },
  {
    safeguard: 'faulty connections: a credential refused for one alone holds all again',
    changes: [replace('isNews', "lastAnswer?.kind !== 'credential-refused'", 'true')],
    noticedBy: [credential('opens the breaker once')],
  },
  {
    safeguard: 'faulty connections: they are posted at every chance',
    changes: [replace('patienceMs', 'lastedMs * PATIENCE_SHARE', '0')],
    noticedBy: [oneGrant('is posted less and less')],
  },
  {
    safeguard: 'faulty connections: the pause ignores how soon they expire',
    changes: [replace('patienceMs', '* LIFE_SHARE', '')],
    noticedBy: [oneGrant('is tried more often as its end comes closer')],
  },
  {
    safeguard: 'throttling: one connection slows the fleet',
    changes: [replace('isThrottled', 'THROTTLE.connections', '1')],
    noticedBy: [oneGrant('again and again slows no other connection')],
  },
  {
    safeguard: 'throttling: successes in between do not count',
    changes: [replace('isThrottled', 'sinceLastSuccess(recent)', 'recent')],
    noticedBy: [oneGrant('does not slow it with a success between them')],
  },
  {
    safeguard: 'throttling: callers are held',
    changes: [become('isServedAnyway', 'false')],
    noticedBy: [oneGrant('holds no caller: it costs no grant')],
  },
  {
    safeguard: 'narrower scopes: their refusal reaches the breakers',
    changes: [never('observed', 'narrowed) return')],
    noticedBy: [oneGrant('reports nothing to the breakers')],
  },
  {
    safeguard: 'early tries: a grant is posted although the endpoint does not answer',
    changes: [become('isAnswering', 'true')],
    noticedBy: [back('no grant is posted before its time')],
  },
  {
    safeguard: 'early tries: one answer is enough',
    changes: [replace('ANSWERS_NEEDED', '3', '1')],
    noticedBy: [back('two answers of three are not enough')],
  },
  {
    safeguard: 'early tries: every request checks the endpoint',
    changes: [never('checkEndpoint', 'nowMs <')],
    noticedBy: [back('the whole vault asks at most once in 30 seconds')],
  },
  {
    safeguard: 'early tries: a misleading sign is believed again',
    changes: [replace('recordAttempt', 'observed.isEarly', 'false')],
    noticedBy: [back('and no sign is believed for an hour')],
  },
  {
    safeguard: 'early tries: a failed one does not take the place of the planned one',
    changes: [replace('unknownDecision', 'Math.max(nowMs, plannedAtMs)', 'nowMs')],
    noticedBy: [back('takes the place of the planned try')],
  },
  {
    safeguard: 'early tries: one connection comes early again and again',
    changes: [drop('mayTryEarly', 'lastAnswer.early')],
    noticedBy: [back('comes early once, and then keeps its time')],
  },
  {
    safeguard: 'early tries: a refused grant comes early',
    changes: [drop('mayTryEarly', "state !== 'active'")],
    noticedBy: [back('refused before its answer was lost keeps it too')],
  },
  {
    safeguard: 'early tries: a pause that Adobe asks for ends early',
    changes: [drop('mayTryEarly', "lastAnswer.kind !== 'lost'")],
    noticedBy: [back('a pause that Adobe asks for is kept')],
  },
  {
    safeguard: 'early tries: a schedule comes early',
    changes: [drop('mayTryEarly', "request.trigger !== 'vend'")],
    noticedBy: [back('only a caller that waits may come early')],
  },
  {
    safeguard: 'early tries: a refused credential is checked as an outage',
    changes: [never('checkEndpoint', 'breakers.credential')],
    noticedBy: [back('is no outage: nothing is checked')],
  },
  {
    safeguard: 'early tries: a gateway’s answer counts as the token endpoint’s',
    changes: [become('isTokenEndpoint', 'answer.status < nowMs')],
    noticedBy: [ownAnswers('a page of a content network is not')],
  },
  {
    safeguard: 'early tries: a stored pause of the checks has no end',
    changes: [
      replace('boundedBreakers', 'isBetween(nowMs, nextCheckAtMs, latestMs + MISLED_PAUSE_MS)', 'true'),
    ],
    noticedBy: [forged('puts off the next check of the token endpoint')],
  },
  {
    safeguard: 'operators: a caller does not learn that its grant is suspect',
    changes: [always('outcomeForCaller', "state !== 'suspect'")],
    noticedBy: [back('learns since when, and when the next try comes')],
  },
  {
    safeguard: 'operators: doctor says nothing of a token endpoint that does not answer',
    changes: [never('checkTokenEndpoint', '!asked.answers')],
    noticedBy: [outage('token-endpoint says what is wrong')],
  },
  {
    safeguard: 'operators: doctor says nothing of an open outage breaker',
    changes: [replace('checkBreakers', "[openFinding('outage', outage, nowMs)]", '[]')],
    noticedBy: [outage('breakers says what is wrong')],
  },
  {
    safeguard: 'operators: a back-off hides that a connection is late',
    changes: [become('lateSinceMs', 'undefined')],
    noticedBy: [prospect('is late since its rotation was due')],
  },
  {
    safeguard: 'operators: an expired grant is shown as plain active',
    changes: [never('noNewTokens', 'refreshExpiresAtMs !== undefined')],
    noticedBy: [prospect('expired')],
  },
  {
    safeguard: 'last chance: a breaker holds a connection until it expires',
    changes: [become('isLastChance', 'false')],
    noticedBy: [lastChance('has at least one attempt, also when other connections take every trial')],
  },
  {
    safeguard: 'last chance: it is given again and again',
    changes: [drop('isLastChance', '!hadIt')],
    noticedBy: [lastChance('has only one attempt')],
  },
  {
    safeguard: 'last chance: a whole fleet has it at one moment',
    changes: [replace('isLastChance', '* shareOf(connectionId)', '')],
    noticedBy: [lastChance('such attempts are hours apart')],
  },
  {
    safeguard: 'changed secret: it waits for the end of the breaker’s pause',
    changes: [always('passesCredential', 'credential.secretVersion === undefined')],
    noticedBy: [credential('is tried by the next caller')],
  },
  {
    safeguard: 'changed secret: a caller waits as long as the connection was held',
    changes: [become('isHeldByBreaker', 'false')],
    noticedBy: [credential('is tried by the next caller')],
  },
  {
    safeguard: 'changed secret: a wrong one is tried by each connection',
    changes: [drop('afterCredentialRefusal', 'credential: { ...credential')],
    noticedBy: [credential('is tried once for all where it is wrong as well')],
  },
  {
    safeguard: 'changed secret: an operator’s rotation waits',
    changes: [drop('passesCredential', "run.request.trigger === 'operator'")],
    noticedBy: [credential('is a trial while the credential is refused')],
  },
  {
    safeguard: 'forged breaker: its end is believed',
    changes: [replace('boundedBreaker', '? nowMs', '? openUntilMs')],
    noticedBy: [forged('is a misreading')],
  },
  {
    safeguard: 'forged breaker: each read moves its end again',
    changes: [never('boundedBreaker')],
    noticedBy: [forged('is a misreading')],
  },
  {
    safeguard: '401: its words about the grant are not read',
    changes: [drop('readTokenError', 'isBare(')],
    noticedBy: [tokenErrors('words about the grant win over the status 401')],
  },
  {
    safeguard: '404: its words are believed',
    changes: [drop('readTokenError', 'REFUSING_STATUSES')],
    noticedBy: [tokenErrors('does not end the grant, whatever its text')],
  },
];
