import type { Mutant } from '../mutant.ts';
import { BAD_HOUR, testFile } from './proofs.ts';

const VERDICT = 'functions/core/domain/verdict.ts';
const BREAKERS = 'functions/core/domain/breaker-rules.ts';
const ROTATION = 'functions/core/application/rotation';
const SCOPE_PAUSES = 'functions/core/domain/scope-pauses.ts';

const verdicts = testFile('test/unit/rotation/verdicts.test.ts');
const beside = testFile('test/unit/rotation/beside-another-process.test.ts');
const unstopped = testFile('test/unit/rotation/what-must-not-stop-a-rotation.test.ts');
const narrower = testFile('test/unit/rotation/narrower-scopes.test.ts');
const callers = testFile('test/unit/rotation/callers-and-due-rotations.test.ts');
const takeover = testFile('test/unit/rotation/lease-takeover.test.ts');
const rules = testFile('test/unit/rotation/breaker-rules.test.ts');

/** What is concluded from an answer without tokens, for the connection and for the fleet. */
export const VERDICT_MUTANTS: readonly Mutant[] = [
  {
    guard: 'evidence before verdict: one refusal is believed',
    inShortRun: true,
    edits: [
      {
        file: VERDICT,
        find: 'const complete = isComplete(evidence, connection, nowMs) && !context.burst;',
        replace: 'const complete = !context.burst;',
      },
    ],
    proof: verdicts,
    says: 'is not believed once: the connection is suspect and still vends',
  },
  {
    guard: 'evidence before verdict: the tries need not lie a day apart',
    edits: [
      {
        file: VERDICT,
        find: 'return evidence.count >= REFUSALS_NEEDED && spanMs >= evidenceWindowMs(connection, nowMs);',
        replace: 'return evidence.count >= REFUSALS_NEEDED && spanMs >= 0;',
      },
      {
        file: VERDICT,
        find: 'const pauseMs = evidenceWindowMs(connection, nowMs) / (REFUSALS_NEEDED - 1);',
        replace: 'const pauseMs = MINUTE_MS;',
      },
    ],
    proof: verdicts,
    says: 'leads to needs-reauthorization only after four refusals over a day',
  },
  {
    guard: 'evidence before verdict: a passed end of life needs one refusal',
    edits: [
      {
        file: VERDICT,
        find: 'REFUSALS_NEEDED_AFTER_LAPSE = 2;',
        replace: 'REFUSALS_NEEDED_AFTER_LAPSE = 1;',
      },
    ],
    proof: unstopped,
    says: 'takes two refusals, not one, to be the end',
  },
  {
    guard: 'evidence before verdict: previous and alternate are not tried first',
    edits: [
      {
        file: VERDICT,
        find: 'if (complete && nextFallback(connection, evidence) === undefined) return',
        replace: 'if (complete) return',
      },
    ],
    proof: verdicts,
    says: 'gives the previous token its one try',
  },
  {
    guard: 'evidence before verdict: previous is posted again and again',
    edits: [
      {
        file: 'functions/core/domain/fallback-token.ts',
        find: ' && !evidence.tried.includes(name)',
        replace: '',
      },
    ],
    proof: verdicts,
    says: 'of the previous token too is final, and it is posted only once',
  },
  {
    guard: 'evidence before verdict: who lost the lease judges all the same',
    edits: [
      {
        file: `${ROTATION}/judge.ts`,
        find: 'lease: null,\n    },\n    { onlyIfLeasedBy: run.attemptId },',
        replace: 'lease: null,\n    },',
      },
    ],
    proof: beside,
    says: 'does not judge a refusal, and takes nobody’s lease away',
  },
  {
    guard: 'evidence before verdict: a refusal of narrower scopes counts against the grant',
    edits: [
      {
        file: `${ROTATION}/judge.ts`,
        find: 'if (bad.narrowed) return narrowedVerdict(context, bad, breakers);',
        replace: '',
      },
    ],
    proof: verdicts,
    says: 'of narrower scopes says nothing of the grant',
  },
  {
    guard: 'narrower scopes: a lost answer is called a refusal, though the token may be spent',
    edits: [
      {
        file: `${ROTATION}/judge.ts`,
        find: "if (answer.kind === 'unknown' || bad.afterLoss) return unknownVerdict(context);",
        replace: '',
      },
    ],
    proof: narrower,
    says: 'is a lost answer like any other',
  },
  {
    guard: 'narrower scopes: the refusal of a token that a lost answer may have spent pauses them alone',
    edits: [{ file: `${ROTATION}/judge.ts`, find: ' || bad.afterLoss', replace: '' }],
    proof: narrower,
    says: 'pauses no scope set',
  },
  {
    guard: 'narrower scopes: a 5xx that asks to wait pauses them alone, though the token may be spent',
    edits: [
      {
        file: `${ROTATION}/judge.ts`,
        find: "  if (answer.kind === 'wait' && answer.mayBeUsed) return waitVerdict(context, answer.retryAfterMs, true);\n",
        replace: '',
      },
    ],
    proof: narrower,
    says: 'may have spent the token',
  },
  {
    guard: 'narrower scopes: a refusal is followed by the next post at once',
    edits: [
      {
        file: `${ROTATION}/gate.ts`,
        find: 'if (pause) return stop(connection, scopesRefusedOutcome(pause, nowMs));',
        replace: '',
      },
    ],
    proof: narrower,
    says: 'is not repeated while it pauses',
  },
  {
    guard: 'narrower scopes: they are asked for before what is due',
    inShortRun: true,
    edits: [
      {
        file: SCOPE_PAUSES,
        find: 'return isInDoubt || isDue ? EVERYTHING_GRANTED : wanted;',
        replace: 'return wanted;',
      },
    ],
    proof: narrower,
    says: 'everything granted is refreshed where that is due',
  },
  {
    guard: 'narrower scopes: a forged pause is believed',
    edits: [
      {
        file: SCOPE_PAUSES,
        find: ' && pause.untilMs <= nowMs + LONGEST_PAUSE_MS + MINUTE_MS',
        replace: '',
      },
    ],
    proof: narrower,
    says: 'is believed for an hour at most, whatever the row says',
  },
  {
    guard: 'callers: one that is held back puts off what is due',
    edits: [
      {
        file: `${ROTATION}/gate.ts`,
        find: "if (run.request.trigger === 'vend') return { stopped: { outcome, connection } };",
        replace: '',
      },
    ],
    proof: callers,
    says: 'that posts nothing, or asks for less and gets nothing',
  },
  {
    guard: 'callers: one whose run could not be prepared puts off what is due',
    edits: [
      {
        file: `${ROTATION}/rotate-token.ts`,
        find: "run.request.trigger === 'vend' ? nextTryAtMs(connection, nowMs) : untilMs",
        replace: 'untilMs',
      },
    ],
    proof: callers,
    says: 'that posts nothing, or asks for less and gets nothing',
  },
  {
    guard: 'lease: an answer that asks to wait forgets that a dead holder may have spent the token',
    edits: [
      {
        file: `${ROTATION}/judge.ts`,
        find: '...afterTakeover(connection, verdict.changes, nowMs),',
        replace: '',
      },
    ],
    proof: takeover,
    says: 'is not forgotten by a run that posts nothing',
  },
  {
    guard: 'lease: a run that posts nothing forgets that a dead holder may have spent the token',
    edits: [
      {
        file: `${ROTATION}/rotate-token.ts`,
        find: 'return { ...pause, ...afterTakeover(connection, pause, nowMs) };',
        replace: 'return pause;',
      },
    ],
    proof: takeover,
    says: 'is not forgotten by a run that posts nothing',
  },
  {
    guard: 'needs-reauthorization: there is no way back',
    edits: [
      {
        file: VERDICT,
        find: '? { rotateAtMs: nextMs, nextAttemptAtMs: nextMs }',
        replace: '? { rotateAtMs: null, nextAttemptAtMs: null }',
      },
    ],
    proof: verdicts,
    says: 'after needs-reauthorization is tried once a day, and a success is Recovered',
  },
  {
    guard: 'unknown outcome: it is called a refusal',
    edits: [
      {
        file: `${ROTATION}/judge.ts`,
        find: "    case 'unknown':\n      return unknownVerdict(context);",
        replace: "    case 'unknown':\n      return refusedVerdict(context);",
      },
    ],
    proof: verdicts,
    says: 'keeps the state and backs off',
  },
  {
    guard: 'unknown outcome: the next try waits until rotation is due',
    edits: [
      {
        file: VERDICT,
        find: 'changes: { failures: connection.failures + 1, nextAttemptAtMs, rotateAtMs },',
        replace: 'changes: { failures: connection.failures + 1, nextAttemptAtMs },',
      },
    ],
    proof: unstopped,
    says: 'by a lost answer is tried again within minutes, not when rotation is due',
  },
  {
    guard: 'back-off: whoever asks is served a post',
    edits: [
      {
        file: `${ROTATION}/gate.ts`,
        find: 'if (!skipsBackOff(run, connection) && nowMs < (connection.nextAttemptAtMs ?? 0)) {',
        replace: 'if (nowMs < 0) {',
      },
    ],
    proof: verdicts,
    says: 'is tried on a vend at most every five minutes',
  },
  {
    guard: 'client breaker: it never opens',
    inShortRun: true,
    edits: [
      {
        file: BREAKERS,
        find: 'if (!isCredentialRefused(recent, observed, nowMs)) return',
        replace: 'return',
      },
    ],
    proof: verdicts,
    says: 'changes no connection, opens the client breaker, and a probe closes it',
  },
  {
    guard: 'client breaker: it is open and nobody heeds it',
    edits: [
      {
        file: BREAKERS,
        find: 'if (client && !candidate.passesClient) return',
        replace: 'if (nowMs < 0 && client) return',
      },
    ],
    proof: rules,
    says: 'holds back everybody, also those with little life left',
  },
  {
    guard: 'client breaker: one connection whose credential is refused opens it',
    edits: [
      {
        file: BREAKERS,
        find: 'return connectionsIn(refusals) >= CLIENT.connections;',
        replace: 'return connectionsIn(refusals) >= 1;',
      },
    ],
    proof: testFile('test/unit/rotation/refused-credential.test.ts'),
    says: 'by a 401 without words takes two connections',
  },
  {
    guard: 'weather breaker: it never opens',
    edits: [
      {
        file: BREAKERS,
        find: "return !isOpen && isBadWeather(recent, nowMs) ? 'unknown outcomes' : undefined;",
        replace: 'return isOpen ? undefined : undefined;',
      },
    ],
    proof: verdicts,
    says: 'pauses redeems of connections with time to spare',
    also: [BAD_HOUR],
  },
  {
    guard: 'weather breaker: it is open and nobody heeds it',
    inShortRun: true,
    edits: [
      {
        file: BREAKERS,
        find: 'if (weather && lifeLeftMs > WEATHER_SPARES_BELOW_MS && !isServedAnyway(weather, candidate)) {',
        replace: 'if (nowMs < 0 && weather) {',
      },
    ],
    proof: verdicts,
    says: 'pauses redeems of connections with time to spare',
    also: [BAD_HOUR],
  },
  {
    guard: 'weather breaker: it holds back those with little life left',
    edits: [
      {
        file: BREAKERS,
        find: 'if (weather && lifeLeftMs > WEATHER_SPARES_BELOW_MS && !isServedAnyway(weather, candidate)) {',
        replace: 'if (weather) {',
      },
    ],
    proof: verdicts,
    says: 'lets the others try',
  },
  {
    guard: 'weather breaker: everybody may probe at once',
    edits: [
      {
        file: `${ROTATION}/gate.ts`,
        find: "if (gate.gate === 'probe' && (await run.deps.breakers.write(gate.reopened)) === 'written') {",
        replace: "if (gate.gate === 'probe') {",
      },
    ],
    proof: beside,
    says: 'ends with one probe, however many come at once',
  },
  {
    guard: 'burst guard: refusals of many connections at once condemn them',
    inShortRun: true,
    edits: [
      {
        file: BREAKERS,
        find: 'return connectionsIn(refused) >= BURST.connections && refused.length >= recent.length * BURST.share;',
        replace: 'return connectionsIn(refused) > recent.length;',
      },
    ],
    proof: verdicts,
    says: 'of many connections at once condemns none of them',
  },
  {
    guard: 'burst guard: it sees a burst where most attempts succeed',
    edits: [
      {
        file: BREAKERS,
        find: ' && refused.length >= recent.length * BURST.share;',
        replace: ';',
      },
    ],
    proof: rules,
    says: 'does not see a burst where most attempts succeed',
  },
  {
    guard: 'breakers: a rotation stands still while they cannot be read',
    edits: [
      {
        file: `${ROTATION}/record-attempt.ts`,
        find: "if (!(fault instanceof PlatformFault) || fault.code === 'ACCESS_DENIED') throw fault;",
        replace: 'if (fault) throw fault;',
      },
    ],
    proof: unstopped,
    says: 'Breakers that cannot be read',
  },
  {
    guard: 'broken seal: it is taken for a fault that passes',
    edits: [
      {
        file: `${ROTATION}/rotate-token.ts`,
        find: "if (fault.code === 'SEAL_BROKEN') {",
        replace: 'if (run === undefined) {',
      },
    ],
    proof: verdicts,
    says: 'degrades the connection with a precise error and is not called revoked',
  },
];
