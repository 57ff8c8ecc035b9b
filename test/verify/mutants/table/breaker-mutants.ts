import type { Mutant } from '../mutant.ts';
import { testFile } from './proofs.ts';

const BREAKERS = 'functions/core/rotation/breaker-rules.ts';
const LAST_ANSWER = 'functions/core/rotation/last-answer.ts';
const TOKEN_ERROR = 'functions/adapters/ims/read-token-error.ts';

const oneGrant = testFile('test/unit/rotation/one-grants-answer.test.ts');
const credential = testFile('test/unit/rotation/refused-credential.test.ts');
const lastChance = testFile('test/unit/rotation/last-chance.test.ts');
const forged = testFile('test/unit/rotation/forged-breakers.test.ts');
const answers = testFile('test/unit/adapters/ims/read-token-error.test.ts');

/** What one connection meets must not stop the others. */
export const BREAKER_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'odd answers: a refused scope is taken for a refused credential',
    edits: [
      {
        file: 'functions/core/rotation/decide.ts',
        find: "kind: isCredentialError(answer.error) ? 'misconfigured' : 'odd'",
        replace: "kind: 'misconfigured'",
      },
    ],
    proof: oneGrant,
    says: 'holds no other connection’s post',
  },
  {
    safeguard: 'odd answers: an unknown 4xx is taken for a lost answer',
    edits: [
      {
        file: 'functions/core/rotation/decide.ts',
        find: "return { kind: 'odd', error:",
        replace: "return { kind: 'unknown', error:",
      },
    ],
    proof: oneGrant,
    says: 'holds no other connection’s post',
  },
  {
    safeguard: 'odd answers: a trial that brought one is spent',
    edits: [
      {
        file: BREAKERS,
        find: '  if (!open) return undefined;\n  const reopened = Math.max(0, open.reopened - 1);',
        replace:
          '  if (!open || nowMs > 0) return undefined;\n  const reopened = Math.max(0, open.reopened - 1);',
      },
    ],
    proof: oneGrant,
    says: 'closes no breaker, and gives the trial back',
  },
  {
    safeguard: 'odd answers: many of them at once are believed of each connection',
    edits: [
      {
        file: BREAKERS,
        find: 'return within(odd, ODD_BURST.windowMs, nowMs).length >= ODD_BURST.connections;',
        replace: 'return within(odd, ODD_BURST.windowMs, nowMs).length < 0;',
      },
    ],
    proof: oneGrant,
    says: 'raises an alarm and calls no connection revoked',
  },
  {
    safeguard: 'odd answers: a success does not end their burst',
    edits: [
      { file: BREAKERS, find: '  { odd: _, ...breakers }: Breakers,', replace: '  breakers: Breakers,' },
    ],
    proof: oneGrant,
    says: 'with a success between them is no news',
  },
  {
    safeguard: 'a trial that posts nothing: it is spent',
    edits: [
      { file: 'functions/core/rotation/rotate-token.ts', find: '  await report.unused();\n', replace: '' },
    ],
    proof: oneGrant,
    says: 'is given back to the others',
  },
  {
    safeguard: 'ill connections: what they meet opens breakers',
    edits: [
      {
        file: 'functions/core/rotation/record-attempt.ts',
        find: "if (standingOf(connection) === 'ill') return false;",
        replace: '',
      },
    ],
    proof: oneGrant,
    says: 'opens no breaker by answers that are lost',
  },
  {
    safeguard: 'ill connections: they take the trials',
    edits: [
      {
        file: LAST_ANSWER,
        find: 'doubtful: MINUTE_MS, ill: HOUR_MS }',
        replace: 'doubtful: MINUTE_MS, ill: 0 }',
      },
    ],
    proof: oneGrant,
    says: 'leaves the trial of a breaker to others',
  },
  {
    safeguard: 'ill connections: an answer lost again counts again',
    edits: [
      {
        file: 'functions/core/rotation/record-attempt.ts',
        find: "if (kind === 'unknown') return lastAnswer?.kind !== 'lost';",
        replace: "if (kind === 'unknown') return true;",
      },
    ],
    proof: oneGrant,
    says: 'hold nobody else, though they fail forever',
  },
  {
    safeguard: 'ill connections: a credential refused for one alone holds all again',
    edits: [
      {
        file: 'functions/core/rotation/record-attempt.ts',
        find: "return kind !== 'misconfigured' || lastAnswer?.kind !== 'credential-refused';",
        replace: 'return true;',
      },
    ],
    proof: credential,
    says: 'opens the breaker once',
  },
  {
    safeguard: 'being asked to wait: one connection slows the fleet',
    edits: [
      {
        file: BREAKERS,
        find: 'return connectionsIn(throttled) >= THROTTLE.connections;',
        replace: 'return connectionsIn(throttled) >= 1;',
      },
    ],
    proof: oneGrant,
    says: 'again and again slows nobody else',
  },
  {
    safeguard: 'being asked to wait: successes beside it do not count',
    edits: [
      {
        file: BREAKERS,
        find: 'within(sinceLastSuccess(recent), THROTTLE.windowMs, nowMs)',
        replace: 'within(recent, THROTTLE.windowMs, nowMs)',
      },
    ],
    proof: oneGrant,
    says: 'does not slow it with a success between them',
  },
  {
    safeguard: 'being asked to wait: callers are held',
    edits: [
      {
        file: BREAKERS,
        find: 'return forCaller && reason === THROTTLED;',
        replace: "return forCaller && reason === '';",
      },
    ],
    proof: oneGrant,
    says: 'holds no caller: it costs no grant',
  },
  {
    safeguard: 'ill connections: they are posted at every chance',
    edits: [
      {
        file: LAST_ANSWER,
        find: 'return Math.round(Math.min(longestMs, lastedMs * PATIENCE_SHARE));',
        replace: 'return Math.round(Math.min(longestMs, lastedMs * 0));',
      },
    ],
    proof: oneGrant,
    says: 'is posted less and less',
  },
  {
    safeguard: 'ill connections: the pause takes no notice of their end',
    edits: [{ file: LAST_ANSWER, find: 'lifeLeftMs * LIFE_SHARE)', replace: 'lifeLeftMs * 1)' }],
    proof: oneGrant,
    says: 'is tried more often as its end comes closer',
  },
  {
    safeguard: 'narrower scopes: their refusal is told to the breakers',
    edits: [
      {
        file: 'functions/core/rotation/decide.ts',
        find: "if (narrowed) return { kind: 'nothing' };",
        replace: '',
      },
    ],
    proof: oneGrant,
    says: 'tells the breakers nothing',
  },
  {
    safeguard: 'last chance: a breaker holds a connection to its end',
    edits: [
      {
        file: LAST_ANSWER,
        find: 'return nowMs >= fromMs && !hadIt;',
        replace: 'return nowMs < 0 && !hadIt;',
      },
    ],
    proof: lastChance,
    says: 'has at least one try, also when every trial',
  },
  {
    safeguard: 'last chance: it is given again and again',
    edits: [
      { file: LAST_ANSWER, find: 'return nowMs >= fromMs && !hadIt;', replace: 'return nowMs >= fromMs;' },
    ],
    proof: lastChance,
    says: 'has one and no more',
  },
  {
    safeguard: 'last chance: a fleet has it at one moment',
    edits: [
      {
        file: LAST_ANSWER,
        find: '(earliest - latest) * shareOf(connectionId)',
        replace: '(earliest - latest) * (shareOf(connectionId) && 1)',
      },
    ],
    proof: lastChance,
    says: 'the fleet has them hours apart',
  },
  {
    safeguard: 'changed secret: the breaker’s pause is waited for',
    edits: [
      {
        file: 'functions/core/rotation/gate.ts',
        find: "return secrets !== 'not-configured' && secrets.versionId !== credential.secretVersion;",
        replace: 'return secrets === undefined;',
      },
    ],
    proof: credential,
    says: 'is tried by the next caller',
  },
  {
    safeguard: 'changed secret: a caller waits as long as the connection was held',
    edits: [
      {
        file: LAST_ANSWER,
        find: 'return heldUntilMs !== undefined && heldUntilMs === nextAttemptAtMs;',
        replace: 'return heldUntilMs !== undefined && heldUntilMs !== nextAttemptAtMs;',
      },
    ],
    proof: credential,
    says: 'is tried by the next caller',
  },
  {
    safeguard: 'changed secret: a wrong one is tried by each',
    edits: [
      {
        file: BREAKERS,
        find: 'return isKnown ? undefined : { ...breakers, credential: { ...credential, ...version } };',
        replace: 'return isKnown ? undefined : breakers;',
      },
    ],
    proof: credential,
    says: 'is tried once for all where it is wrong as well',
  },
  {
    safeguard: 'changed secret: an operator’s rotation waits',
    edits: [
      {
        file: 'functions/core/rotation/gate.ts',
        find: "if (run.request.trigger === 'operator' || isLastChance",
        replace: 'if (isLastChance',
      },
    ],
    proof: credential,
    says: 'is a trial while the credential is refused',
  },
  {
    safeguard: 'forged breaker: its end is believed',
    edits: [
      {
        file: BREAKERS,
        find: 'openUntilMs: isMisread ? nowMs : Math.min(openUntilMs, nowMs + LONGEST_PAUSE_MS),',
        replace: 'openUntilMs: isMisread ? openUntilMs : Math.min(openUntilMs, nowMs + LONGEST_PAUSE_MS),',
      },
    ],
    proof: forged,
    says: 'is a misreading',
  },
  {
    safeguard: 'forged breaker: its end is shortened again at each look',
    edits: [
      {
        file: BREAKERS,
        find: 'openUntilMs: isMisread ? nowMs : Math.min(',
        replace: 'openUntilMs: Math.min(',
      },
    ],
    proof: forged,
    says: 'is a misreading',
  },
  {
    safeguard: '401: its words about the grant are not read',
    edits: [
      {
        file: TOKEN_ERROR,
        find: 'if (status === 401 && isBare(fields, error))',
        replace: 'if (status === 401)',
      },
    ],
    proof: answers,
    says: 'words about the grant win over the status 401',
  },
  {
    safeguard: '404: its words are believed',
    edits: [
      {
        file: TOKEN_ERROR,
        find: 'REFUSALS.has(error) && REFUSING_STATUSES.has(status)',
        replace: 'REFUSALS.has(error)',
      },
    ],
    proof: answers,
    says: 'is no dead grant, whatever its words',
  },
];
