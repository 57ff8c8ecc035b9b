import { always, become, drop, never, replace } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { answers, crashPoints, RACES, testFile } from './proofs.ts';

const rotation = testFile('test/unit/rotation/rotation.test.ts');
const decisions = testFile('test/unit/rotation/decisions.test.ts');
const otherProcess = testFile('test/unit/rotation/other-processes.test.ts');
const unstopped = testFile('test/unit/rotation/obstacles.test.ts');
const secondPosts = testFile('test/unit/rotation/second-posts.test.ts');
const lateAnswers = testFile('test/unit/rotation/late-answers.test.ts');
const tokenAnswers = testFile('test/unit/adapters/ims/read-token-answer.test.ts');
const parkedSuccessors = testFile('test/unit/rotation/parked-successors.test.ts');
const adapter = testFile('test/integration/adapters/ims.test.ts');
const httpAnswer = testFile('test/unit/adapters/ims/http-answer.test.ts');
const accessLife = testFile('test/unit/adapters/ims/access-token-life.test.ts');
const revokeAnswers = testFile('test/unit/adapters/ims/read-revoke-answer.test.ts');
const waitingCallers = testFile('test/unit/access-tokens/waiting-for-a-rotation.test.ts');

const inStrict = answers('rotate by schedule', 'strict');
const inGrace = answers('rotate by schedule', 'grace');
const LOST_ON_ARRIVAL = inStrict('a grant was lost although its successor came in time');
const LOST_IN_GRACE = inGrace('a grant was lost to one response, within the grace');

/** Who may post a refresh token, when, how often, and what becomes of a good answer. */
export const POSTING_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'lease: the store grants a claim while another run holds the lease',
    inShortRun: true,
    changes: [drop('createFakeConnectionStore', 'isLive(')],
    noticedBy: [rotation('lets one of twenty concurrent runs post'), RACES],
  },
  {
    safeguard: 'lease: a run whose claim failed continues',
    changes: [replace('claimLease', "claimed === 'claimed'", 'true')],
    noticedBy: [rotation('lets one of twenty concurrent runs post'), RACES],
  },
  {
    safeguard: 'lease: a run that finds it held continues',
    changes: [never('passGate', 'nowMs < leaseEndsAtMs(')],
    noticedBy: [rotation('answers busy while another holds the lease')],
  },
  {
    safeguard: 'lease: the due time does not move to its end, so that a dead holder goes unnoticed',
    changes: [drop('claimLease', 'dueAtMs:')],
    noticedBy: [crashPoints('rotate by vend', 'grace')('grant was lost outside the window')],
  },
  {
    safeguard: 'version condition: the store takes a commit on any version',
    inShortRun: true,
    changes: [drop('isThatToken', 'stored.version')],
    noticedBy: [otherProcess('does not overwrite the version that another has committed'), RACES],
  },
  {
    safeguard: 'generation condition: the store takes a commit on any generation',
    inShortRun: true,
    changes: [become('isThatToken', 'stored?.version === token.version')],
    noticedBy: [parkedSuccessors('a new consent of the same user lets its successor expire'), RACES],
  },
  {
    safeguard: 'conditional publish: an access token replaces a newer one or a tombstone',
    inShortRun: true,
    changes: [never('createFakeAccessTokenStore', 'isNewerThan(')],
    noticedBy: [
      waitingCallers('a disconnect that wins while rotate runs ends in not found, not in the old token'),
      RACES,
    ],
  },
  {
    safeguard: 'conditional publish: an access token replaces one of a newer version',
    changes: [replace('isNewerThan', 'stored.version > token.version', 'false')],
    noticedBy: [otherProcess('does not take the place of a newer one')],
  },
  {
    safeguard: 'keep the present token: an answer without a refresh token drops the stored one',
    inShortRun: true,
    changes: [replace('succession', 'refresh: posted', 'refresh: null')],
    noticedBy: [rotation('keeps the present token when IMS sends none back')],
  },
  {
    safeguard: 'refresh before access: the access token is published before the refresh token is committed',
    inShortRun: true,
    changes: [
      replace(
        'keepAnswer',
        'const kept =',
        'await publish(run, withChanges(connection, succeeded.changes), answer, receivedAtMs); const kept =',
      ),
      drop('keepAnswer', 'publish('),
    ],
    noticedBy: [crashPoints('rotate by schedule', 'strict')('grant lost')],
  },
  {
    safeguard: 'previous: the token that was posted is not kept next to its successor',
    changes: [drop('succession', 'previous: posted')],
    noticedBy: [decisions('leads to one attempt with the previous token')],
  },
  {
    safeguard: 'second post: it follows at once, not after 12 s',
    changes: [become('REPOST_AFTER_MS', '0')],
    noticedBy: [decisions('not sooner than 12 s later')],
  },
  {
    safeguard: 'second post: it follows where IMS cannot have used the token',
    changes: [drop('mayHaveBeenLost', "'unreachable'")],
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
    safeguard: 'second post: when it is asked to wait, the lost first one is forgotten',
    changes: [never('afterLoss')],
    noticedBy: [secondPosts('leaves the token in doubt where the second post is asked to wait')],
  },
  {
    safeguard: 'waiting: a token that may be spent waits until it is due',
    changes: [drop('waitDecision', '...(mayBeUsed')],
    noticedBy: [
      decisions('posts again after a 5xx with Retry-After to a caller that came before the schedule'),
      answers('rotate by vend', 'grace')('a grant was lost outside the window'),
    ],
  },
  {
    safeguard: 'late answers: the second post follows when the first has not answered for 20 s',
    changes: [replace('timeoutsOf', '? aloneMs', '? 20_000')],
    noticedBy: [lateAnswers("in 'reuse' after 22000 ms is waited for, and the grant is kept")],
  },
  {
    safeguard: 'late answers: the adapter closes the request after the timeout',
    changes: [replace('sendAndReceive', 'keepOpenMs, send', 'timeoutMs, send')],
    noticedBy: [adapter('is a timeout, and its late answer is received all the same')],
  },
  {
    safeguard: 'server errors: one token under a 5xx is taken for an answer',
    changes: [
      become('isPairUnderServerError', 'status >= 500 && (accessToken ?? refreshToken) !== undefined'),
    ],
    noticedBy: [tokenAnswers('is one only with both tokens')],
  },
  {
    safeguard: 'late answers: the first post is ignored once the second is made',
    changes: [never('postRefreshToken', 'first.late ? settleBoth')],
    noticedBy: [lateAnswers('is received during a second post in strict'), LOST_ON_ARRIVAL],
  },
  {
    safeguard: 'late answers: the refusal of the second post counts before the first has answered',
    changes: [always('settleBoth', "'tokens'")],
    noticedBy: [lateAnswers('is received during a second post in strict'), LOST_ON_ARRIVAL],
  },
  {
    safeguard: 'late answers: a second post is made although the first has answered meanwhile',
    changes: [never('postRefreshToken', 'late && !mayHaveBeenLost')],
    noticedBy: [secondPosts('needs none either where it answers while its loss is reported')],
  },
  {
    safeguard: 'two successors: the one that comes second is dropped',
    changes: [replace('keepAnswers', 'await keepOther(run, connection, answer, other)', 'undefined')],
    noticedBy: [lateAnswers('are both kept')],
  },
  {
    safeguard: 'cut answers: one without a refresh token is read as one that kept it',
    changes: [
      replace(
        'readTokenAnswer',
        '|| (usable !== undefined && !isWhole(answer, parsed))',
        '&& usable === undefined',
      ),
    ],
    noticedBy: [tokenAnswers('that breaks off is a lost one, or brings its whole successor'), LOST_IN_GRACE],
  },
  {
    safeguard: 'cut answers: a token of unusual characters is not recovered from them',
    changes: [become('JSON_STRING', '`"[A-Za-z0-9._~+/=-]*"`')],
    noticedBy: [tokenAnswers('with any character that a token may have'), LOST_ON_ARRIVAL],
  },
  {
    safeguard: 'cut answers: the reader waits for an end that may not come',
    changes: [drop('readHttpAnswer', 'bringsRefreshToken(')],
    noticedBy: [httpAnswer('is not waited for where it has brought the refresh token')],
  },
  {
    safeguard: 'access tokens: a life of seconds is believed',
    changes: [become('SHORTEST_CREDIBLE_SECONDS', '1')],
    noticedBy: [accessLife('less than a minute')],
  },
  {
    safeguard: 'revocation: a 400 with any word means that the token is gone',
    changes: [always('readRevokeAnswer', 'GONE')],
    noticedBy: [revokeAnswers('a 400 that refuses the request itself is tried again')],
  },
  {
    safeguard: 'second post: it is made with no time left to commit its answer',
    changes: [never('postRefreshToken', 'NEEDED_TO_REPOST_MS')],
    noticedBy: [secondPosts('is followed by none where its answer could not be committed in time')],
  },
  {
    safeguard: 'second post: there is none',
    changes: [always('postRefreshToken', '!mayHaveBeenLost(first)')],
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
    changes: [never('passGate', 'NEEDED_TO_START_MS')],
    noticedBy: [rotation('does not start what it could not finish')],
  },
  {
    safeguard: 'time budget: a run whose preparation took too long still posts',
    changes: [never('rotatePassed', 'NEEDED_TO_POST_MS')],
    noticedBy: [unstopped('never begins when preparing took so long')],
  },
  {
    safeguard: 'time budget: the lease ends before the function is killed',
    changes: [become('LEASE_MS', '20 * SECOND_MS')],
    noticedBy: [otherProcess('keeps every other process out until it is killed')],
  },
  {
    safeguard: 'clock skew: a process with a wrong clock takes leases',
    changes: [never('passGate', 'CLOCK_TOLERANCE_MS')],
    noticedBy: [rotation('does not post when our clock differs from the store’s')],
  },
  {
    safeguard: 'rejected tokens: every report of one forces a refresh',
    changes: [never('passGate', 'isForced(')],
    noticedBy: [rotation('gets one forced refresh for a rejected token, then none for a minute')],
  },
];
