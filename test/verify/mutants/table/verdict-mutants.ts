import type { Mutant } from '../mutant.ts';
import { BAD_HOUR, testFile } from './proofs.ts';

const VERDICT = 'functions/core/rotation/decision.ts';
const BREAKERS = 'functions/core/rotation/breaker-rules.ts';
const SCOPE_PAUSES = 'functions/core/rotation/scope-pauses.ts';

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
    edits: [
      {
        file: VERDICT,
        find: 'const complete = isComplete(evidence, connection, nowMs) && !context.refusalBurst;',
        replace: 'const complete = !context.refusalBurst;',
      },
    ],
    proof: decisions,
    says: 'is not believed once: the connection is suspect and still vends',
  },
  {
    safeguard: 'evidence before decision: the tries need not lie a day apart',
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
    proof: decisions,
    says: 'leads to needs-reauthorization only after four refusals over a day',
  },
  {
    safeguard: 'evidence before decision: a passed end of life needs one refusal',
    edits: [
      {
        file: VERDICT,
        find: 'REFUSALS_NEEDED_AFTER_EXPIRY = 2;',
        replace: 'REFUSALS_NEEDED_AFTER_EXPIRY = 1;',
      },
    ],
    proof: unstopped,
    says: 'takes two refusals, not one, to be the end',
  },
  {
    safeguard: 'evidence before decision: previous and alternate are not tried first',
    edits: [
      {
        file: VERDICT,
        find: 'if (complete && nextFallback(connection, evidence) === undefined) return',
        replace: 'if (complete) return',
      },
    ],
    proof: decisions,
    says: 'gives the previous token its one try',
  },
  {
    safeguard: 'evidence before decision: previous is posted again and again',
    edits: [
      {
        file: 'functions/core/rotation/fallback-token.ts',
        find: ' && !evidence.tried.includes(name)',
        replace: '',
      },
    ],
    proof: decisions,
    says: 'of the previous token too is final, and it is posted only once',
  },
  {
    safeguard: 'evidence before decision: who lost the lease judges all the same',
    edits: [
      {
        file: 'functions/core/rotation/decide.ts',
        find: 'lease: null,\n    },\n    { onlyIfLeasedBy: run.runId },',
        replace: 'lease: null,\n    },',
      },
    ],
    proof: beside,
    says: 'does not judge a refusal, and takes nobody’s lease away',
  },
  {
    safeguard: 'evidence before decision: a refusal of narrower scopes counts against the grant',
    edits: [
      {
        file: 'functions/core/rotation/decide.ts',
        find: 'if (bad.narrowed) return narrowedDecision(context, bad, breakers);',
        replace: '',
      },
    ],
    proof: decisions,
    says: 'of narrower scopes says nothing of the grant',
  },
  {
    safeguard: 'narrower scopes: a lost answer is called a refusal, though the token may be spent',
    edits: [
      {
        file: 'functions/core/rotation/decide.ts',
        find: "if (answer.kind === 'unknown' || bad.afterLoss) return unknownDecision(context);",
        replace: '',
      },
    ],
    proof: narrower,
    says: 'is a lost answer like any other',
  },
  {
    safeguard: 'narrower scopes: the refusal of a token that a lost answer may have spent pauses them alone',
    edits: [{ file: 'functions/core/rotation/decide.ts', find: ' || bad.afterLoss', replace: '' }],
    proof: narrower,
    says: 'pauses no scope set',
  },
  {
    safeguard: 'narrower scopes: a 5xx that asks to wait pauses them alone, though the token may be spent',
    edits: [
      {
        file: 'functions/core/rotation/decide.ts',
        find: "  if (answer.kind === 'wait' && answer.mayBeUsed) return waitDecision(context, answer.retryAfterMs, true);\n",
        replace: '',
      },
    ],
    proof: narrower,
    says: 'may have spent the token',
  },
  {
    safeguard: 'narrower scopes: a refusal is followed by the next post at once',
    edits: [
      {
        file: 'functions/core/rotation/gate.ts',
        find: 'if (pause) return stop(connection, scopesRefusedOutcome(pause, nowMs));',
        replace: '',
      },
    ],
    proof: narrower,
    says: 'is not repeated while it pauses',
  },
  {
    safeguard: 'narrower scopes: they are asked for before what is due',
    inShortRun: true,
    edits: [
      {
        file: SCOPE_PAUSES,
        find: 'return isInDoubt || isDue ? EVERYTHING_GRANTED : requirement;',
        replace: 'return requirement;',
      },
    ],
    proof: narrower,
    says: 'everything granted is refreshed where that is due',
  },
  {
    safeguard: 'narrower scopes: a forged pause is believed',
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
    safeguard: 'callers: one that is held back puts off what is due',
    edits: [
      {
        file: 'functions/core/rotation/gate.ts',
        find: "if (run.request.trigger === 'vend') return { stopped: { outcome, connection } };",
        replace: '',
      },
    ],
    proof: callers,
    says: 'that posts nothing, or asks for less and gets nothing',
  },
  {
    safeguard: 'callers: one whose run could not be prepared puts off what is due',
    edits: [
      {
        file: 'functions/core/rotation/rotate-token.ts',
        find: "run.request.trigger === 'vend' ? nextTryAtMs(connection, nowMs) : untilMs",
        replace: 'untilMs',
      },
    ],
    proof: callers,
    says: 'that posts nothing, or asks for less and gets nothing',
  },
  {
    safeguard: 'lease: an answer that asks to wait forgets that a dead holder may have spent the token',
    edits: [
      {
        file: 'functions/core/rotation/decide.ts',
        find: '...afterTakeover(connection, decision.changes, nowMs),',
        replace: '',
      },
    ],
    proof: takeover,
    says: 'is not forgotten by a run that posts nothing',
  },
  {
    safeguard: 'lease: a run that posts nothing forgets that a dead holder may have spent the token',
    edits: [
      {
        file: 'functions/core/rotation/rotate-token.ts',
        find: 'return { ...pause, ...afterTakeover(connection, pause, nowMs) };',
        replace: 'return pause;',
      },
    ],
    proof: takeover,
    says: 'is not forgotten by a run that posts nothing',
  },
  {
    safeguard: 'needs-reauthorization: there is no way back',
    edits: [
      {
        file: VERDICT,
        find: '? { rotateAtMs: nextMs, nextAttemptAtMs: nextMs }',
        replace: '? { rotateAtMs: null, nextAttemptAtMs: null }',
      },
    ],
    proof: decisions,
    says: 'after needs-reauthorization is tried once a day, and a success is Recovered',
  },
  {
    safeguard: 'unknown outcome: it is called a refusal',
    edits: [
      {
        file: 'functions/core/rotation/decide.ts',
        find: "    case 'unknown':\n      return unknownDecision(context);",
        replace: "    case 'unknown':\n      return refusedDecision(context);",
      },
    ],
    proof: decisions,
    says: 'keeps the state and backs off',
  },
  {
    safeguard: 'unknown outcome: the next try waits until rotation is due',
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
    safeguard: 'back-off: whoever asks is served a post',
    edits: [
      {
        file: 'functions/core/rotation/gate.ts',
        find: 'if (!skipsBackOff(run, connection) && nowMs < (connection.nextAttemptAtMs ?? 0)) {',
        replace: 'if (nowMs < 0) {',
      },
    ],
    proof: decisions,
    says: 'is tried on a vend at most every five minutes',
  },
  {
    safeguard: 'credential breaker: it never opens',
    inShortRun: true,
    edits: [
      {
        file: BREAKERS,
        find: 'if (!isCredentialRefused(recent, observed, nowMs)) return',
        replace: 'return',
      },
    ],
    proof: decisions,
    says: 'changes no connection, opens the credential breaker, and a probe closes it',
  },
  {
    safeguard: 'credential breaker: it is open and nobody heeds it',
    edits: [
      {
        file: BREAKERS,
        find: 'if (credential && !candidate.passesCredential)',
        replace: 'if (nowMs < 0 && credential)',
      },
    ],
    proof: rules,
    says: 'holds back everybody, also those with little life left',
  },
  {
    safeguard: 'credential breaker: one connection whose credential is refused opens it',
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
    safeguard: 'outage breaker: it never opens',
    edits: [
      {
        file: BREAKERS,
        find: "return !isOpen && isOutage(recent, nowMs) ? 'unknown outcomes' : undefined;",
        replace: 'return isOpen ? undefined : undefined;',
      },
    ],
    proof: decisions,
    says: 'pauses redeems of connections with time to spare',
    also: [BAD_HOUR],
  },
  {
    safeguard: 'outage breaker: it is open and nobody heeds it',
    inShortRun: true,
    edits: [
      {
        file: BREAKERS,
        find: 'if (outage && lifeLeftMs > OUTAGE_SPARES_BELOW_MS && !isServedAnyway(outage, candidate)) {',
        replace: 'if (nowMs < 0 && outage) {',
      },
    ],
    proof: decisions,
    says: 'pauses redeems of connections with time to spare',
    also: [BAD_HOUR],
  },
  {
    safeguard: 'outage breaker: it holds back those with little life left',
    edits: [
      {
        file: BREAKERS,
        find: 'if (outage && lifeLeftMs > OUTAGE_SPARES_BELOW_MS && !isServedAnyway(outage, candidate)) {',
        replace: 'if (outage) {',
      },
    ],
    proof: decisions,
    says: 'lets the others try',
  },
  {
    safeguard: 'outage breaker: everybody may probe at once',
    edits: [
      {
        file: 'functions/core/rotation/gate.ts',
        find: "if (gate.gate === 'probe' && (await run.deps.breakers.write(gate.reopened)) === 'written') {",
        replace: "if (gate.gate === 'probe') {",
      },
    ],
    proof: beside,
    says: 'ends with one probe, however many come at once',
  },
  {
    safeguard: 'burst safeguard: refusals of many connections at once condemn them',
    inShortRun: true,
    edits: [
      {
        file: BREAKERS,
        find: 'return connectionsIn(refused) >= REFUSALS.connections && refused.length >= recent.length * REFUSALS.share;',
        replace: 'return connectionsIn(refused) > recent.length;',
      },
    ],
    proof: decisions,
    says: 'of many connections at once condemns none of them',
  },
  {
    safeguard: 'burst safeguard: it sees a burst where most attempts succeed',
    edits: [
      {
        file: BREAKERS,
        find: ' && refused.length >= recent.length * REFUSALS.share;',
        replace: ';',
      },
    ],
    proof: rules,
    says: 'does not see a burst where most attempts succeed',
  },
  {
    safeguard: 'breakers: a rotation stands still while they cannot be read',
    edits: [
      {
        file: 'functions/core/rotation/record-attempt.ts',
        find: "if (!(error instanceof PlatformError) || error.code === 'ACCESS_DENIED') throw error;",
        replace: 'if (error) throw error;',
      },
    ],
    proof: unstopped,
    says: 'Breakers that cannot be read',
  },
  {
    safeguard: 'broken seal: it is taken for a fault that passes',
    edits: [
      {
        file: 'functions/core/rotation/rotate-token.ts',
        find: "if (error.code === 'SEAL_BROKEN') {",
        replace: 'if (run === undefined) {',
      },
    ],
    proof: decisions,
    says: 'degrades the connection with a precise error and is not called revoked',
  },
];
