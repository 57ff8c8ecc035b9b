import { always, drop, never, replace } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { BAD_HOUR, testFile } from './proofs.ts';

const decisions = testFile('test/unit/rotation/verdicts.test.ts');
const beside = testFile('test/unit/rotation/beside-another-process.test.ts');
const unstopped = testFile('test/unit/rotation/what-must-not-stop-a-rotation.test.ts');
const narrower = testFile('test/unit/rotation/narrower-scopes.test.ts');
const callers = testFile('test/unit/rotation/callers-and-due-rotations.test.ts');
const takeover = testFile('test/unit/rotation/lease-takeover.test.ts');
const rules = testFile('test/unit/rotation/breaker-rules.test.ts');

/** What is concluded from an answer without tokens, for the connection and for the fleet. */
export const DECISION_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'evidence before decision: one refusal is believed',
    inShortRun: true,
    changes: [replace('refusedDecision', 'isComplete(evidence, connection, nowMs) &&', '')],
    noticedBy: [decisions('is not believed once: the connection is suspect and still vends')],
  },
  {
    safeguard: 'evidence before decision: the tries need not lie a day apart',
    changes: [
      replace('isComplete', 'evidenceWindowMs(connection, nowMs)', '0'),
      replace(
        'pauseBetweenTries',
        'evidenceWindowMs(connection, nowMs) / (REFUSALS_NEEDED - 1)',
        'MINUTE_MS',
      ),
    ],
    noticedBy: [decisions('leads to needs-reauthorization only after four refusals over a day')],
  },
  {
    safeguard: 'evidence before decision: a passed end of life needs one refusal',
    changes: [replace('REFUSALS_NEEDED_AFTER_EXPIRY', '2', '1')],
    noticedBy: [unstopped('takes two refusals, not one, to be the end')],
  },
  {
    safeguard: 'evidence before decision: previous and alternate are not tried first',
    changes: [drop('refusedDecision', '=== undefined')],
    noticedBy: [decisions('gives the previous token its one try')],
  },
  {
    safeguard: 'evidence before decision: previous is posted again and again',
    changes: [drop('nextFallback', '.tried')],
    noticedBy: [decisions('of the previous token too is final, and it is posted only once')],
  },
  {
    safeguard: 'evidence before decision: who lost the lease judges all the same',
    changes: [drop('decide', 'onlyIfLeasedBy')],
    noticedBy: [beside('does not judge a refusal, and takes nobody’s lease away')],
  },
  {
    safeguard: 'evidence before decision: a refusal of narrower scopes counts against the grant',
    changes: [never('decide#decisionOf')],
    noticedBy: [decisions('of narrower scopes says nothing of the grant')],
  },
  {
    safeguard: 'narrower scopes: a lost answer is called a refusal, though the token may be spent',
    changes: [never('narrowedDecision', '|| bad')],
    noticedBy: [narrower('is a lost answer like any other')],
  },
  {
    safeguard: 'narrower scopes: the refusal of a token that a lost answer may have spent pauses them alone',
    changes: [drop('narrowedDecision', '.afterLoss')],
    noticedBy: [narrower('pauses no scope set')],
  },
  {
    safeguard: 'narrower scopes: a 5xx that asks to wait pauses them alone, though the token may be spent',
    changes: [never('narrowedDecision', '.mayBeUsed')],
    noticedBy: [narrower('may have spent the token')],
  },
  {
    safeguard: 'narrower scopes: a refusal is followed by the next post at once',
    changes: [
      replace('passGate', 'if (pause) return stop(connection, scopesRefusedOutcome(pause, nowMs));', ''),
    ],
    noticedBy: [narrower('is not repeated while it pauses')],
  },
  {
    safeguard: 'narrower scopes: they are asked for before what is due',
    inShortRun: true,
    changes: [
      replace('scopeSetToPost', 'isInDoubt || isDue ? EVERYTHING_GRANTED : requirement', 'requirement'),
    ],
    noticedBy: [narrower('everything granted is refreshed where that is due')],
  },
  {
    safeguard: 'narrower scopes: a forged pause is believed',
    changes: [drop('scopePauseAt', '<= nowMs')],
    noticedBy: [narrower('is believed for an hour at most, whatever the row says')],
  },
  {
    safeguard: 'callers: one that is held back puts off what is due',
    changes: [never('wait', "'vend'")],
    noticedBy: [callers('that posts nothing, or asks for less and gets nothing')],
  },
  {
    safeguard: 'callers: one whose run could not be prepared puts off what is due',
    changes: [never('pauseAfterNoPost', "'vend'")],
    noticedBy: [callers('that posts nothing, or asks for less and gets nothing')],
  },
  {
    safeguard: 'lease: an answer that asks to wait forgets that a dead holder may have spent the token',
    changes: [drop('decide', '...afterTakeover')],
    noticedBy: [takeover('is not forgotten by a run that posts nothing')],
  },
  {
    safeguard: 'lease: a run that posts nothing forgets that a dead holder may have spent the token',
    changes: [
      replace('pauseAfterNoPost', '{ ...pause, ...afterTakeover(connection, pause, nowMs) }', 'pause'),
    ],
    noticedBy: [takeover('is not forgotten by a run that posts nothing')],
  },
  {
    safeguard: 'needs-reauthorization: there is no way back',
    changes: [replace('oneTryADay', 'nextMs, nextAttemptAtMs: nextMs', 'null, nextAttemptAtMs: null')],
    noticedBy: [decisions('after needs-reauthorization is tried once a day, and a success is Recovered')],
  },
  {
    safeguard: 'unknown outcome: it is called a refusal',
    changes: [replace('decide#decisionOf', 'unknownDecision', 'refusedDecision')],
    noticedBy: [decisions('keeps the state and backs off')],
  },
  {
    safeguard: 'unknown outcome: the next try waits until rotation is due',
    changes: [replace('unknownDecision', 'nextAttemptAtMs, rotateAtMs', 'nextAttemptAtMs')],
    noticedBy: [unstopped('by a lost answer is tried again within minutes, not when rotation is due')],
  },
  {
    safeguard: 'back-off: whoever asks is served a post',
    changes: [
      replace(
        'passGate',
        '!skipsBackOff(run, connection) && nowMs < (connection.nextAttemptAtMs ?? 0)',
        'nowMs < 0',
      ),
    ],
    noticedBy: [decisions('is tried on a vend at most every five minutes')],
  },
  {
    safeguard: 'credential breaker: it never opens',
    inShortRun: true,
    changes: [always('afterCredentialRefusal', '!isCredentialRefused')],
    noticedBy: [decisions('changes no connection, opens the credential breaker, and a probe closes it')],
  },
  {
    safeguard: 'credential breaker: it is open and nobody heeds it',
    changes: [replace('gateOf', 'credential && !candidate.passesCredential', 'nowMs < 0 && credential')],
    noticedBy: [rules('holds back everybody, also those with little life left')],
  },
  {
    safeguard: 'credential breaker: one connection whose credential is refused opens it',
    changes: [replace('isCredentialRefused', 'CLIENT.connections', '1')],
    noticedBy: [
      testFile('test/unit/rotation/refused-credential.test.ts')(
        'by a 401 without words takes two connections',
      ),
    ],
  },
  {
    safeguard: 'outage breaker: it never opens',
    changes: [never('reasonToOpenOutage', '!isOpen')],
    noticedBy: [decisions('pauses redeems of connections with time to spare'), BAD_HOUR],
  },
  {
    safeguard: 'outage breaker: it is open and nobody heeds it',
    inShortRun: true,
    changes: [
      replace(
        'gateOf',
        'outage && lifeLeftMs > OUTAGE_SPARES_BELOW_MS && !isServedAnyway(outage, candidate)',
        'nowMs < 0 && outage',
      ),
    ],
    noticedBy: [decisions('pauses redeems of connections with time to spare'), BAD_HOUR],
  },
  {
    safeguard: 'outage breaker: it holds back those with little life left',
    changes: [
      replace(
        'gateOf',
        'outage && lifeLeftMs > OUTAGE_SPARES_BELOW_MS && !isServedAnyway(outage, candidate)',
        'outage',
      ),
    ],
    noticedBy: [decisions('lets the others try')],
  },
  {
    safeguard: 'outage breaker: everybody may probe at once',
    changes: [drop('passBreakers', '.deps')],
    noticedBy: [beside('ends with one probe, however many come at once')],
  },
  {
    safeguard: 'burst safeguard: refusals of many connections at once condemn them',
    inShortRun: true,
    changes: [
      replace(
        'isRefusalBurst',
        '= REFUSALS.connections && refused.length >= recent.length * REFUSALS.share',
        'recent.length',
      ),
    ],
    noticedBy: [decisions('of many connections at once condemns none of them')],
  },
  {
    safeguard: 'burst safeguard: it sees a burst where most attempts succeed',
    changes: [drop('isRefusalBurst', '.share')],
    noticedBy: [rules('does not see a burst where most attempts succeed')],
  },
  {
    safeguard: 'breakers: a rotation stands still while they cannot be read',
    changes: [
      replace('readBreakers', "!(error instanceof PlatformError) || error.code === 'ACCESS_DENIED'", 'error'),
    ],
    noticedBy: [unstopped('Breakers that cannot be read')],
  },
  {
    safeguard: 'broken seal: it is taken for a fault that passes',
    changes: [replace('prepareOrRelease', "error.code === 'SEAL_BROKEN'", 'run === undefined')],
    noticedBy: [decisions('degrades the connection with a precise error and is not called revoked')],
  },
];
