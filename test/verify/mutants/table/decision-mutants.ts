import { always, become, drop, never, replace } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { BAD_HOUR, testFile } from './proofs.ts';

const decisions = testFile('test/unit/rotation/decisions.test.ts');
const otherProcess = testFile('test/unit/rotation/other-processes.test.ts');
const unstopped = testFile('test/unit/rotation/obstacles.test.ts');
const narrower = testFile('test/unit/rotation/narrower-scopes.test.ts');
const callers = testFile('test/unit/rotation/callers-and-due-rotations.test.ts');
const takeover = testFile('test/unit/rotation/lease-takeover.test.ts');
const credential = testFile('test/unit/rotation/refused-credential.test.ts');
const rules = testFile('test/unit/rotation/breakers.test.ts');

/** What an answer without tokens means, for the connection and for the fleet. */
export const DECISION_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'evidence before decision: one refusal is believed',
    inShortRun: true,
    changes: [drop('refusedDecision', 'isComplete(')],
    noticedBy: [decisions('is not believed once: the connection is suspect and still vends')],
  },
  {
    safeguard: 'evidence before decision: the refusals need not span a day',
    changes: [
      drop('isComplete', 'spanMs >='),
      replace(
        'pauseBetweenTries',
        'evidenceWindowMs(connection, nowMs) / (REFUSALS_NEEDED - 1)',
        'MINUTE_MS',
      ),
    ],
    noticedBy: [decisions('leads to needs-reauthorization only after four refusals over a day')],
  },
  {
    safeguard: 'evidence before decision: one refusal is enough after the end of life',
    changes: [become('REFUSALS_NEEDED_AFTER_EXPIRY', '1')],
    noticedBy: [unstopped('takes two refusals, not one, to be the end')],
  },
  {
    safeguard: 'evidence before decision: previous and alternate are not tried first',
    changes: [drop('refusedDecision', 'nextFallback(')],
    noticedBy: [decisions('leads to one attempt with the previous token')],
  },
  {
    safeguard: 'evidence before decision: previous is posted again and again',
    changes: [drop('nextFallback', '!evidence.tried')],
    noticedBy: [decisions('of the previous token too is final, and it is posted only once')],
  },
  {
    safeguard: 'evidence before decision: a run that lost its lease still decides',
    changes: [drop('releaseLease', 'onlyIfLeasedBy:')],
    noticedBy: [otherProcess('decides nothing about a refusal, and takes no lease away')],
  },
  {
    safeguard: 'evidence before decision: a refusal of narrower scopes counts against the grant',
    changes: [never('decide#decisionOf', 'bad.narrowed')],
    noticedBy: [decisions('of narrower scopes says nothing of the grant')],
  },
  {
    safeguard: 'narrower scopes: a lost answer counts as a refusal, although the token may be spent',
    changes: [never('narrowedDecision', "answer.kind === 'unknown'")],
    noticedBy: [narrower('is a lost answer like any other')],
  },
  {
    safeguard:
      'narrower scopes: a refusal after a lost answer, which may have used the token, pauses only them',
    changes: [drop('narrowedDecision', 'bad.afterLoss')],
    noticedBy: [narrower('pauses no scope set')],
  },
  {
    safeguard: 'narrower scopes: a 5xx with Retry-After, which may have used the token, pauses only them',
    changes: [never('narrowedDecision', "answer.kind === 'wait' && answer.mayBeUsed")],
    noticedBy: [narrower('may have used the token')],
  },
  {
    safeguard: 'narrower scopes: the next post follows a refusal at once',
    changes: [never('passGate', 'pause) return')],
    noticedBy: [narrower('is not repeated while it pauses')],
  },
  {
    safeguard: 'narrower scopes: they are requested before what is due',
    inShortRun: true,
    changes: [never('scopeSetToPost')],
    noticedBy: [narrower('everything granted is refreshed where that is due')],
  },
  {
    safeguard: 'narrower scopes: a forged pause is believed',
    changes: [drop('scopePauseAt', 'pause.untilMs <=')],
    noticedBy: [narrower('is believed for an hour at most, whatever the row says')],
  },
  {
    safeguard: 'callers: one that is held back delays what is due',
    changes: [never('wait', "'vend'")],
    noticedBy: [callers('that posts nothing, or asks for less and gets nothing')],
  },
  {
    safeguard: 'callers: one whose run could not be prepared delays what is due',
    changes: [never('pauseAfterNoPost', "'vend'")],
    noticedBy: [callers('that posts nothing, or asks for less and gets nothing')],
  },
  {
    safeguard: 'lease: an answer that asks to wait forgets that a dead holder may have used the token',
    changes: [drop('decideWithoutTokens', '...afterTakeover')],
    noticedBy: [takeover('is not forgotten by a run that posts nothing')],
  },
  {
    safeguard: 'lease: a run that posts nothing forgets that a dead holder may have used the token',
    changes: [drop('pauseAfterNoPost', '...afterTakeover')],
    noticedBy: [takeover('is not forgotten by a run that posts nothing')],
  },
  {
    safeguard: 'needs-reauthorization: there is no way back',
    changes: [never('oneTryADay')],
    noticedBy: [decisions('after needs-reauthorization is tried once a day, and a success is Recovered')],
  },
  {
    safeguard: 'unknown outcome: it counts as a refusal',
    changes: [replace('decide#decisionOf', 'unknownDecision', 'refusedDecision')],
    noticedBy: [decisions('keeps the state and backs off')],
  },
  {
    safeguard: 'unknown outcome: the next try waits until rotation is due',
    changes: [drop('unknownDecision', 'rotateAtMs }')],
    noticedBy: [unstopped('by a lost answer is tried again within minutes, not when rotation is due')],
  },
  {
    safeguard: 'back-off: every request leads to a post',
    changes: [replace('passGate', '!skipsBackOff(run, connection) && nowMs < nextAttemptAtMs', 'false')],
    noticedBy: [decisions('is tried on a vend at most every five minutes')],
  },
  {
    safeguard: 'credential breaker: it never opens',
    inShortRun: true,
    changes: [always('afterCredentialRefusal', '!isCredentialRefused')],
    noticedBy: [decisions('changes no connection, opens the credential breaker, and a trial closes it')],
  },
  {
    safeguard: 'credential breaker: it is open and holds no connection',
    changes: [never('breakerGate', 'credential &&')],
    noticedBy: [rules('holds back every connection, also one that expires soon')],
  },
  {
    safeguard: 'credential breaker: one connection whose credential is refused opens it',
    changes: [replace('isCredentialRefused', 'CREDENTIAL.connections', '1')],
    noticedBy: [credential('by a 401 without words takes two connections')],
  },
  {
    safeguard: 'outage breaker: it never opens',
    changes: [never('reasonToOpenOutage', '!isOpen')],
    noticedBy: [decisions('pauses rotations of connections with time to spare'), BAD_HOUR],
  },
  {
    safeguard: 'outage breaker: it is open and holds no connection',
    inShortRun: true,
    changes: [never('breakerGate', 'outage &&')],
    noticedBy: [decisions('pauses rotations of connections with time to spare'), BAD_HOUR],
  },
  {
    safeguard: 'outage breaker: it holds back connections with little life left',
    changes: [drop('breakerGate', 'lifeLeftMs >')],
    noticedBy: [decisions('lets the others try')],
  },
  {
    safeguard: 'outage breaker: every connection may make the trial at once',
    changes: [drop('passBreakers', 'await run.deps.breakers.write')],
    noticedBy: [otherProcess('ends with one trial, however many runs come at once')],
  },
  {
    safeguard: 'refusal breaker: refusals of many connections at once count against each',
    inShortRun: true,
    changes: [become('isRefusalBreakerOpen', 'false')],
    noticedBy: [decisions('of many connections at once ends none of them')],
  },
  {
    safeguard: 'refusal breaker: it opens where most attempts succeed',
    changes: [drop('isRefusalBreakerOpen', 'refused.length >=')],
    noticedBy: [rules('does not open where most attempts succeed')],
  },
  {
    safeguard: 'breakers: a rotation stops while they cannot be read',
    changes: [always('readBreakers', '!(error instanceof')],
    noticedBy: [unstopped('Breakers that cannot be read')],
  },
  {
    safeguard: 'broken seal: it counts as an error that passes',
    changes: [never('prepareToPost', "error.code === 'SEAL_BROKEN'")],
    noticedBy: [decisions('degrades the connection with a precise error and is not called revoked')],
  },
];
