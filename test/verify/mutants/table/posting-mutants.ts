import { always, drop, never, replace } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { answers, crashPoints, RACES, testFile } from './proofs.ts';

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

const LOST_ON_ARRIVAL = answers(
  'rotate by schedule',
  'strict',
)('a grant was lost although its successor came in time');
const LOST_IN_GRACE = answers(
  'rotate by schedule',
  'grace',
)('a grant was lost to one response, within the grace');

/** Who may post a refresh token, when, how often, and what becomes of a good answer. */
export const POSTING_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'lease: the store lets anybody claim who asks',
    inShortRun: true,
    changes: [replace('createFakeConnectionStore', '|| isLive(stored.lease, nowMs, leaseMarginMs)', '')],
    noticedBy: [rotation('lets one of twenty concurrent runs post'), RACES],
  },
  {
    safeguard: 'lease: a lost claim is taken for one that was won',
    changes: [replace('claimLease', "claimed';", "claimed' || true;")],
    noticedBy: [rotation('lets one of twenty concurrent runs post'), RACES],
  },
  {
    safeguard: 'lease: who finds it held goes on all the same',
    changes: [replace('passGate', 'leaseEndsAtMs(connection))', '0)')],
    noticedBy: [rotation('answers busy while another holds the lease')],
  },
  {
    safeguard: 'lease: the due time does not move to its end, so that nobody notices a dead holder',
    changes: [
      replace(
        'claimLease',
        'changes: { ...changes, dueAtMs: Math.min(connection.dueAtMs ?? leaseEndMs, leaseEndMs) }',
        'changes',
      ),
    ],
    noticedBy: [crashPoints('rotate by vend', 'grace')('grant was lost outside the window')],
  },
  {
    safeguard: 'version condition: the store takes a commit on any version',
    inShortRun: true,
    changes: [drop('isThatToken', 'stored.version === token.version')],
    noticedBy: [beside('does not overwrite the version that another has committed'), RACES],
  },
  {
    safeguard: 'generation condition: the store takes a commit on any generation',
    inShortRun: true,
    changes: [replace('isThatToken', 'generation === token.generation && stored.version', 'version')],
    noticedBy: [
      testFile('test/unit/rotation/rescue.test.ts')(
        'a new consent of the same user lets its successor expire',
      ),
      RACES,
    ],
  },
  {
    safeguard: 'conditional publish: an access token goes over a newer one and over a tombstone',
    inShortRun: true,
    changes: [never('createFakeAccessTokenStore', 'isNewerThan(')],
    noticedBy: [
      testFile('test/unit/access-tokens/waiting-for-a-rotation.test.ts')(
        'a disconnect that wins while rotate runs ends in not found, not in the old token',
      ),
      RACES,
    ],
  },
  {
    safeguard: 'conditional publish: an access token goes over one of a newer version',
    changes: [replace('isNewerThan', "stored.kind === 'token' && stored.version > token.version", 'false')],
    noticedBy: [beside('does not take the place of a newer one')],
  },
  {
    safeguard: 'keep the present token: an answer without a refresh token drops the one that is stored',
    inShortRun: true,
    changes: [replace('succession', 'posted }', 'null }')],
    noticedBy: [rotation('keeps the present token when IMS sends none back')],
  },
  {
    safeguard: 'refresh before access: the access token is published before the refresh token is committed',
    inShortRun: true,
    changes: [
      replace(
        'keepAnswer',
        'const kept',
        'await publish(run, withChanges(connection, succeeded.changes), answer, receivedAtMs);\n  const kept',
      ),
      drop('keepAnswer', 'publish('),
    ],
    noticedBy: [crashPoints('rotate by schedule', 'strict')('grant lost')],
  },
  {
    safeguard: 'previous: the token that was posted is not kept beside its successor',
    changes: [drop('succession', 'previous')],
    noticedBy: [decisions('gives the previous token its one try')],
  },
  {
    safeguard: 'second post: it follows at once, not after 12 s',
    changes: [replace('REPOST_AFTER_MS', '12', '0')],
    noticedBy: [decisions('not sooner than 12 s later')],
  },
  {
    safeguard: 'second post: it follows where IMS cannot have used the token',
    changes: [drop('mayHaveBeenLost', '.reason')],
    noticedBy: [decisions('is followed by none where IMS cannot have used the token')],
  },
  {
    safeguard: 'second post: none follows a 5xx or a page of a proxy',
    changes: [
      replace(
        'mayHaveBeenLost',
        "answer.reason !== 'unreachable'",
        "(answer.reason === 'timeout' || answer.reason === 'reset')",
      ),
    ],
    noticedBy: [secondPosts('is followed by one second post, 12 s after the first'), LOST_IN_GRACE],
  },
  {
    safeguard: 'second post: one that is asked to wait makes a lost first one forgotten',
    changes: [never('afterLoss')],
    noticedBy: [secondPosts('leaves the token in doubt where the second post is asked to wait')],
  },
  {
    safeguard: 'waiting: a token that may be spent waits until it is due',
    changes: [replace('waitDecision', '...(mayBeUsed && { rotateAtMs })', '')],
    noticedBy: [
      decisions('posts again after a 5xx with Retry-After to a caller that came before the schedule'),
      answers('rotate by vend', 'grace')('a grant was lost outside the window'),
    ],
  },
  {
    safeguard: 'late answers: a first post is listened to for 20 s, and then there is a second one',
    changes: [replace('listeningTime', 'aloneMs :', '20_000 :')],
    noticedBy: [lateAnswers("in 'reuse' after 22000 ms is waited for, and the grant is kept")],
  },
  {
    safeguard: 'late answers: the adapter hangs up after the listening time',
    changes: [replace('listen', 'keepOpenMs,', 'timeoutMs,')],
    noticedBy: [adapter('is silence after the listening time, and its answer is heard all the same')],
  },
  {
    safeguard: 'server errors: one token under a 5xx is taken for an answer',
    changes: [
      replace(
        'isPairUnderServerError',
        'accessToken !== undefined && refreshToken !== undefined',
        '(accessToken !== undefined || refreshToken !== undefined)',
      ),
    ],
    noticedBy: [tokenAnswers('is one only with both tokens')],
  },
  {
    safeguard: 'late answers: nobody listens to the first post once the second is made',
    changes: [replace('redeem', 'first.late ? settleBoth(first.late, second) : afterLoss', 'afterLoss')],
    noticedBy: [lateAnswers('is heard beside a second post in strict'), LOST_ON_ARRIVAL],
  },
  {
    safeguard: 'late answers: the refusal of the second post counts before the first has answered',
    changes: [replace('settleBoth', "earlier.answer.kind === 'tokens'", 'earlier')],
    noticedBy: [lateAnswers('is heard beside a second post in strict'), LOST_ON_ARRIVAL],
  },
  {
    safeguard: 'late answers: a second post is made although the first has answered meanwhile',
    changes: [replace('redeem', 'if (late && !mayHaveBeenLost(late)) return { answer: late };', '')],
    noticedBy: [secondPosts('needs none either where it answers while its loss is told')],
  },
  {
    safeguard: 'two successors: the one that comes second is dropped',
    changes: [replace('keepAnswers', '(await keepOther(run, connection, answer, other))', 'undefined')],
    noticedBy: [lateAnswers('are both kept')],
  },
  {
    safeguard: 'cut answers: one without a refresh token says that IMS kept it',
    changes: [
      replace(
        'readTokenAnswer',
        '(isCutOff(answer) || (usable !== undefined && !isWhole(answer, parsed)))',
        'isCutOff(answer) && usable === undefined',
      ),
    ],
    noticedBy: [tokenAnswers('that breaks off is a lost one, or brings its whole successor'), LOST_IN_GRACE],
  },
  {
    safeguard: 'cut answers: a token of unusual characters is not salvaged',
    changes: [replace('JSON_STRING', 'String.raw`"(?:[^"\\\\\\x00-\\x1f]|\\\\.)', '`"[A-Za-z0-9._~+/=-]')],
    noticedBy: [tokenAnswers('with any character that a token may have'), LOST_ON_ARRIVAL],
  },
  {
    safeguard: 'cut answers: an end is waited for that may not come',
    changes: [replace('readHttpAnswer', 'MAX_BODY_BYTES || bringsRefreshToken(chunks)', 'MAX_BODY_BYTES')],
    noticedBy: [
      testFile('test/unit/adapters/ims/http-answer.test.ts')(
        'is not waited for where it has brought the refresh token',
      ),
    ],
  },
  {
    safeguard: 'access tokens: a life of seconds is believed',
    changes: [replace('SHORTEST_CREDIBLE_SECONDS', '60', '1')],
    noticedBy: [accessLife('less than a minute')],
  },
  {
    safeguard: 'revocation: a 400 with any word means that the token is gone',
    changes: [replace('readRevokeAnswer', '? isMissing(fields.error) : GONE.has(error)', '|| GONE.size > 0')],
    noticedBy: [revokeAnswers('a 400 that refuses the request itself is tried again')],
  },
  {
    safeguard: 'second post: it is made with no time left to commit its answer',
    changes: [never('redeem', '.remainingMs')],
    noticedBy: [secondPosts('is followed by none where its answer could not be committed in time')],
  },
  {
    safeguard: 'second post: there is none',
    changes: [replace('redeem', '!mayHaveBeenLost(first)', 'first')],
    noticedBy: [
      crashPoints('rotate, the first answer is cut off', 'grace')('unexpected: told unknown; active'),
    ],
  },
  {
    safeguard: 'client secret: the second one is never tried',
    changes: [always('postWithEachSecret', 'first.answer')],
    noticedBy: [decisions('tries the second secret before it believes the first is wrong')],
  },
  {
    safeguard: 'time budget: a rotation begins that cannot be finished',
    changes: [replace('passGate', 'NEEDED_TO_START_MS', '0')],
    noticedBy: [rotation('does not start what it could not finish')],
  },
  {
    safeguard: 'time budget: whoever was held up while preparing posts all the same',
    changes: [replace('refreshUnderLease', 'NEEDED_TO_POST_MS', '0')],
    noticedBy: [unstopped('never begins when preparing took so long')],
  },
  {
    safeguard: 'time budget: the lease ends before the function is killed',
    changes: [replace('LEASE_MS', 'MINUTE_MS', '20 * SECOND_MS')],
    noticedBy: [beside('keeps everybody else out until it is killed')],
  },
  {
    safeguard: 'clock skew: leases are taken by a clock that is wrong',
    changes: [replace('passGate', 'CLOCK_TOLERANCE_MS', 'Number.MAX_VALUE')],
    noticedBy: [rotation('does not redeem when our clock differs from the store’s')],
  },
  {
    safeguard: 'rejected tokens: every report of one forces a refresh',
    changes: [
      replace(
        'passGate',
        'isForced(run, scopeSet) && nowMs < (connection.forcedRefreshes?.nextAllowedAtMs ?? 0)',
        'run.request.requirement?.rejected && nowMs < 0',
      ),
    ],
    noticedBy: [rotation('gets one forced refresh for a rejected token, then none for a minute')],
  },
];
