import type { Mutant } from '../mutant.ts';
import { answers, crashPoints, RACES, testFile } from './proofs.ts';

const FAKE_CONNECTIONS = 'test/support/fakes/fake-connection-store.ts';

const rotation = testFile('test/unit/rotation/rotation.test.ts');
const decisions = testFile('test/unit/rotation/verdicts.test.ts');
const beside = testFile('test/unit/rotation/beside-another-process.test.ts');
const unstopped = testFile('test/unit/rotation/what-must-not-stop-a-rotation.test.ts');
const secondPosts = testFile('test/unit/rotation/second-posts.test.ts');
const lateAnswers = testFile('test/unit/rotation/late-answers.test.ts');
const tokenAnswers = testFile('test/unit/adapters/ims/read-token-answer.test.ts');
const adapter = testFile('test/integration/adapters/ims.test.ts');
const accessLife = testFile('test/unit/adapters/ims/access-token-life.test.ts');
const revokeAnswers = testFile('test/unit/adapters/ims/read-revoke-answer.test.ts');

const LOST_ON_ARRIVAL = {
  proof: answers('rotate by schedule', 'strict'),
  says: 'a grant was lost although its successor came in time',
};
const LOST_IN_GRACE = {
  proof: answers('rotate by schedule', 'grace'),
  says: 'a grant was lost to one response, within the grace',
};

/** Who may post a refresh token, when, how often, and what becomes of a good answer. */
export const POSTING_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'lease: the store lets anybody claim who asks',
    inShortRun: true,
    edits: [
      {
        file: FAKE_CONNECTIONS,
        find: '|| isLive(stored.lease, nowMs, leaseMarginMs)) return',
        replace: ') return',
      },
    ],
    proof: rotation,
    says: 'lets one of twenty concurrent runs post',
    also: [RACES],
  },
  {
    safeguard: 'lease: a lost claim is taken for one that was won',
    edits: [
      {
        file: 'functions/core/rotation/claim.ts',
        find: "return claimed === 'claimed';",
        replace: "return claimed === 'claimed' || true;",
      },
    ],
    proof: rotation,
    says: 'lets one of twenty concurrent runs post',
    also: [RACES],
  },
  {
    safeguard: 'lease: who finds it held goes on all the same',
    edits: [
      {
        file: 'functions/core/rotation/gate.ts',
        find: 'if (nowMs < leaseEndsAtMs(connection)) return busy',
        replace: 'if (nowMs < 0) return busy',
      },
    ],
    proof: rotation,
    says: 'answers busy while another holds the lease',
  },
  {
    safeguard: 'lease: the due time does not move to its end, so that nobody notices a dead holder',
    edits: [
      {
        file: 'functions/core/rotation/claim.ts',
        find: 'changes: { ...changes, dueAtMs: Math.min(connection.dueAtMs ?? leaseEndMs, leaseEndMs) },',
        replace: 'changes,',
      },
    ],
    proof: crashPoints('rotate by vend', 'grace'),
    says: 'grant was lost outside the window',
  },
  {
    safeguard: 'version condition: the store takes a commit on any version',
    inShortRun: true,
    edits: [
      {
        file: FAKE_CONNECTIONS,
        find: 'return stored?.generation === token.generation && stored.version === token.version;\n}\n\nfunction isLive',
        replace: 'return stored?.generation === token.generation;\n}\n\nfunction isLive',
      },
    ],
    proof: beside,
    says: 'does not overwrite the version that another has committed',
    also: [RACES],
  },
  {
    safeguard: 'generation condition: the store takes a commit on any generation',
    inShortRun: true,
    edits: [
      {
        file: FAKE_CONNECTIONS,
        find: 'return stored?.generation === token.generation && stored.version === token.version;\n}\n\nfunction isLive',
        replace: 'return stored?.version === token.version;\n}\n\nfunction isLive',
      },
    ],
    proof: testFile('test/unit/rotation/rescue.test.ts'),
    says: 'a new consent of the same user lets its successor expire',
    also: [RACES],
  },
  {
    safeguard: 'conditional publish: an access token goes over a newer one and over a tombstone',
    inShortRun: true,
    edits: [
      {
        file: 'test/support/fakes/fake-access-token-store.ts',
        find: "if (isNewerThan(items.get(key)?.record, token)) return 'superseded';",
        replace: '',
      },
    ],
    proof: testFile('test/unit/access-tokens/waiting-for-a-rotation.test.ts'),
    says: 'a disconnect that wins while rotate runs ends in not found, not in the old token',
    also: [RACES],
  },
  {
    safeguard: 'conditional publish: an access token goes over one of a newer version',
    edits: [
      {
        file: 'test/support/fakes/fake-access-token-store.ts',
        find: "return stored.kind === 'token' && stored.version > token.version;",
        replace: 'return false;',
      },
    ],
    proof: beside,
    says: 'does not take the place of a newer one',
  },
  {
    safeguard: 'keep the present token: an answer without a refresh token drops the one that is stored',
    inShortRun: true,
    edits: [
      {
        file: 'functions/core/rotation/successor.ts',
        find: ': { refresh: posted }),',
        replace: ': { refresh: null }),',
      },
    ],
    proof: rotation,
    says: 'keeps the present token when IMS sends none back',
  },
  {
    safeguard: 'refresh before access: the access token is published before the refresh token is committed',
    inShortRun: true,
    edits: [
      {
        file: 'functions/core/rotation/keep-answer.ts',
        find: '  const kept = await keepSuccession(run, connection, succeeded);',
        replace:
          '  await publish(run, withChanges(connection, succeeded.changes), answer, receivedAtMs);\n  const kept = await keepSuccession(run, connection, succeeded);',
      },
      {
        file: 'functions/core/rotation/keep-answer.ts',
        find: '  await publish(run, stored, answer, receivedAtMs);',
        replace: '',
      },
    ],
    proof: crashPoints('rotate by schedule', 'strict'),
    says: 'grant lost',
  },
  {
    safeguard: 'previous: the token that was posted is not kept beside its successor',
    edits: [
      {
        file: 'functions/core/rotation/successor.ts',
        find: 'refresh, previous: posted, alternate: null }',
        replace: 'refresh, alternate: null }',
      },
    ],
    proof: decisions,
    says: 'gives the previous token its one try',
  },
  {
    safeguard: 'second post: it follows at once, not after 12 s',
    edits: [
      {
        file: 'functions/core/rotation/time-budget.ts',
        find: 'REPOST_AFTER_MS = 12 * SECOND_MS',
        replace: 'REPOST_AFTER_MS = 0 * SECOND_MS',
      },
    ],
    proof: decisions,
    says: 'not sooner than 12 s later',
  },
  {
    safeguard: 'second post: it follows where IMS cannot have used the token',
    edits: [
      {
        file: 'functions/core/rotation/refresh.ts',
        find: "return answer.kind === 'unknown' && answer.reason !== 'unreachable';",
        replace: "return answer.kind === 'unknown';",
      },
    ],
    proof: decisions,
    says: 'is followed by none where IMS cannot have used the token',
  },
  {
    safeguard: 'second post: none follows a 5xx or a page of a proxy',
    edits: [
      {
        file: 'functions/core/rotation/refresh.ts',
        find: "answer.reason !== 'unreachable'",
        replace: "(answer.reason === 'timeout' || answer.reason === 'reset')",
      },
    ],
    proof: secondPosts,
    says: 'is followed by one second post, 12 s after the first',
    also: [LOST_IN_GRACE],
  },
  {
    safeguard: 'second post: one that is asked to wait makes a lost first one forgotten',
    edits: [
      {
        file: 'functions/core/rotation/refresh.ts',
        find: "answer: answer.kind === 'wait' ? { ...answer, mayBeUsed: true } : answer,",
        replace: 'answer,',
      },
    ],
    proof: secondPosts,
    says: 'leaves the token in doubt where the second post is asked to wait',
  },
  {
    safeguard: 'waiting: a token that may be spent waits until it is due',
    edits: [
      {
        file: 'functions/core/rotation/decision.ts',
        find: '...(mayBeUsed && { rotateAtMs })',
        replace: '',
      },
    ],
    proof: decisions,
    says: 'posts again after a 5xx with Retry-After to a caller that came before the schedule',
    also: [{ proof: answers('rotate by vend', 'grace'), says: 'a grant was lost outside the window' }],
  },
  {
    safeguard: 'late answers: a first post is listened to for 20 s, and then there is a second one',
    edits: [
      {
        file: 'functions/core/rotation/refresh.ts',
        find: 'timeoutMs: leavesTime ? aloneMs : keepOpenMs, keepOpenMs }',
        replace: 'timeoutMs: leavesTime ? 20_000 : keepOpenMs, keepOpenMs }',
      },
    ],
    proof: lateAnswers,
    says: "in 'reuse' after 22000 ms is waited for, and the grant is kept",
  },
  {
    safeguard: 'late answers: the adapter hangs up after the listening time',
    edits: [
      {
        file: 'functions/adapters/ims/send-and-read.ts',
        find: 'const answer = hearOut(fetcher, keepOpenMs, send);',
        replace: 'const answer = hearOut(fetcher, timeoutMs, send);',
      },
    ],
    proof: adapter,
    says: 'is silence after the listening time, and its answer is heard all the same',
  },
  {
    safeguard: 'server errors: one token under a 5xx is taken for an answer',
    edits: [
      {
        file: 'functions/adapters/ims/read-token-answer.ts',
        find: 'return status >= 500 && accessToken !== undefined && refreshToken !== undefined;',
        replace: 'return status >= 500 && (accessToken !== undefined || refreshToken !== undefined);',
      },
    ],
    proof: tokenAnswers,
    says: 'is one only with both tokens',
  },
  {
    safeguard: 'late answers: nobody listens to the first post once the second is made',
    edits: [
      {
        file: 'functions/core/rotation/refresh.ts',
        find: 'return first.late ? settleBoth(first.late, second) : afterLoss(await second);',
        replace: 'return afterLoss(await second);',
      },
    ],
    proof: lateAnswers,
    says: 'is heard beside a second post in strict',
    also: [LOST_ON_ARRIVAL],
  },
  {
    safeguard: 'late answers: the refusal of the second post counts before the first has answered',
    edits: [
      {
        file: 'functions/core/rotation/refresh.ts',
        find: "if (earlier.answer.kind === 'tokens') return earlier;",
        replace: 'if (earlier) return earlier;',
      },
    ],
    proof: lateAnswers,
    says: 'is heard beside a second post in strict',
    also: [LOST_ON_ARRIVAL],
  },
  {
    safeguard: 'late answers: a second post is made although the first has answered meanwhile',
    edits: [
      {
        file: 'functions/core/rotation/refresh.ts',
        find: 'if (late && !mayHaveBeenLost(late)) return { answer: late };',
        replace: '',
      },
    ],
    proof: secondPosts,
    says: 'needs none either where it answers while its loss is told',
  },
  {
    safeguard: 'two successors: the one that comes second is dropped',
    edits: [
      {
        file: 'functions/core/rotation/keep-answer.ts',
        find: 'const latest = other && (await keepOther(run, connection, answer, other));',
        replace: 'const latest = other && undefined;',
      },
    ],
    proof: lateAnswers,
    says: 'are both kept',
  },
  {
    safeguard: 'cut answers: one without a refresh token says that IMS kept it',
    edits: [
      {
        file: 'functions/adapters/ims/read-token-answer.ts',
        find: '(isCutOff(answer) || (usable !== undefined && !isWhole(answer, parsed)))',
        replace: 'isCutOff(answer) && usable === undefined',
      },
    ],
    proof: tokenAnswers,
    says: 'that breaks off is a lost one, or brings its whole successor',
    also: [LOST_IN_GRACE],
  },
  {
    safeguard: 'cut answers: a token of unusual characters is not salvaged',
    edits: [
      {
        file: 'functions/adapters/ims/answer-fields.ts',
        find: 'const JSON_STRING = String.raw`"(?:[^"\\\\\\x00-\\x1f]|\\\\.)*"`;',
        replace: 'const JSON_STRING = `"[A-Za-z0-9._~+/=-]*"`;',
      },
    ],
    proof: tokenAnswers,
    says: 'with any character that a token may have',
    also: [LOST_ON_ARRIVAL],
  },
  {
    safeguard: 'cut answers: an end is waited for that may not come',
    edits: [
      {
        file: 'functions/adapters/ims/http-answer.ts',
        find: 'length > MAX_BODY_BYTES || bringsRefreshToken(chunks)',
        replace: 'length > MAX_BODY_BYTES',
      },
    ],
    proof: testFile('test/unit/adapters/ims/http-answer.test.ts'),
    says: 'is not waited for where it has brought the refresh token',
  },
  {
    safeguard: 'access tokens: a life of seconds is believed',
    edits: [
      {
        file: 'functions/adapters/ims/access-token-life.ts',
        find: 'SHORTEST_CREDIBLE_SECONDS = 60',
        replace: 'SHORTEST_CREDIBLE_SECONDS = 1',
      },
    ],
    proof: accessLife,
    says: 'less than a minute',
  },
  {
    safeguard: 'revocation: a 400 with any word means that the token is gone',
    edits: [
      {
        file: 'functions/adapters/ims/read-revoke-answer.ts',
        find: 'error === undefined ? isMissing(fields.error) : GONE.has(error)',
        replace: 'error === undefined || GONE.size > 0',
      },
    ],
    proof: revokeAnswers,
    says: 'a 400 that refuses the request itself is tried again',
  },
  {
    safeguard: 'second post: it is made with no time left to commit its answer',
    edits: [
      {
        file: 'functions/core/rotation/refresh.ts',
        find: 'if (deadline.remainingMs() - pauseMs < NEEDED_TO_REPOST_MS) return { answer: (await first.late) ?? first };',
        replace: '',
      },
    ],
    proof: secondPosts,
    says: 'is followed by none where its answer could not be committed in time',
  },
  {
    safeguard: 'second post: there is none',
    edits: [
      {
        file: 'functions/core/rotation/refresh.ts',
        find: 'if (!mayHaveBeenLost(first)) return { answer: first };',
        replace: 'if (first) return { answer: first };',
      },
    ],
    proof: crashPoints('rotate, the first answer is cut off', 'grace'),
    says: 'unexpected: told unknown; active',
  },
  {
    safeguard: 'client secret: the second one is never tried',
    edits: [
      {
        file: 'functions/core/client-secrets.ts',
        find: 'if (!isSecretRefused(first.answer)) return first;',
        replace: 'if (first) return first;',
      },
    ],
    proof: decisions,
    says: 'tries the second secret before it believes the first is wrong',
  },
  {
    safeguard: 'time budget: a rotation begins that cannot be finished',
    edits: [
      {
        file: 'functions/core/rotation/gate.ts',
        find: 'if (run.deadline.remainingMs() < NEEDED_TO_START_MS) {',
        replace: 'if (run.deadline.remainingMs() < 0) {',
      },
    ],
    proof: rotation,
    says: 'does not start what it could not finish',
  },
  {
    safeguard: 'time budget: whoever was held up while preparing posts all the same',
    edits: [
      {
        file: 'functions/core/rotation/rotate-token.ts',
        find: 'if (run.deadline.remainingMs() < NEEDED_TO_POST_MS) {',
        replace: 'if (run.deadline.remainingMs() < 0) {',
      },
    ],
    proof: unstopped,
    says: 'never begins when preparing took so long',
  },
  {
    safeguard: 'time budget: the lease ends before the function is killed',
    edits: [
      {
        file: 'functions/core/rotation/time-budget.ts',
        find: 'LEASE_MS = MINUTE_MS',
        replace: 'LEASE_MS = 20 * SECOND_MS',
      },
    ],
    proof: beside,
    says: 'keeps everybody else out until it is killed',
  },
  {
    safeguard: 'clock skew: leases are taken by a clock that is wrong',
    edits: [
      {
        file: 'functions/core/rotation/gate.ts',
        find: 'if (Math.abs(skewMs) > CLOCK_TOLERANCE_MS) {',
        replace: 'if (Math.abs(skewMs) > Number.MAX_VALUE) {',
      },
    ],
    proof: rotation,
    says: 'does not redeem when our clock differs from the store’s',
  },
  {
    safeguard: 'rejected tokens: every report of one forces a refresh',
    edits: [
      {
        file: 'functions/core/rotation/gate.ts',
        find: 'if (isForced(run, scopeSet) && nowMs < (connection.forcedRefreshes?.nextAllowedAtMs ?? 0)) {',
        replace: 'if (run.request.requirement?.rejected && nowMs < 0) {',
      },
    ],
    proof: rotation,
    says: 'gets one forced refresh for a rejected token, then none for a minute',
  },
];
