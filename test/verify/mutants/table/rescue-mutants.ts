import { drop, never, replace } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { crashPoints, RACES, testFile } from './proofs.ts';

const rescue = testFile('test/unit/rotation/rescue.test.ts');
const disconnect = testFile('test/unit/rotation/disconnect.test.ts');
const badInput = testFile('test/unit/rotation/bad-input.test.ts');
const settled = testFile('test/unit/rotation/settled-or-parked.test.ts');
const displaced = testFile('test/unit/rotation/displaced-tokens.test.ts');
const earlierGenerations = testFile('test/unit/access-tokens/tokens-of-earlier-generations.test.ts');
const rotateEvent = testFile('test/unit/rotate-event/read-request.test.ts');
const unstopped = testFile('test/unit/rotation/what-must-not-stop-a-rotation.test.ts');

/** What becomes of a successor that could not be committed, and how a connection ends. */
export const RESCUE_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'parking: a successor that the store does not take is dropped',
    inShortRun: true,
    changes: [replace('parkOnce', 'undefined) return', 'undefined || run) return')],
    noticedBy: [
      crashPoints(
        'rotate, the store takes no write after the claim',
        'strict',
      )('a grant was lost outside the window'),
      RACES,
    ],
  },
  {
    safeguard: 'revocation: what a refused connection owes waits for a due time of its own',
    changes: [never('work')],
    noticedBy: [
      testFile('test/unit/rotation/owed-by-a-refused-connection.test.ts')(
        'has it made although it is refused whenever it is due',
      ),
    ],
  },
  {
    safeguard: 'revocation: a caller waits for what a refused connection owes',
    changes: [drop('revokeAfterRefusal', '.request')],
    noticedBy: [
      testFile('test/unit/rotation/owed-by-a-refused-connection.test.ts')('lets no caller wait for it'),
    ],
  },
  {
    safeguard: 'due time: who read before a refusal plans the due time without it',
    changes: [replace('updateAsRead', 'onlyIfRevocationsAre, onlyIfNextAttemptIs', 'onlyIfRevocationsAre')],
    noticedBy: [
      testFile('test/unit/races/announced-due-times.test.ts')(
        'leaves the due time of a refusal that came and went in between',
      ),
    ],
  },
  {
    safeguard: 'due time: a consent that is announced plans it without a refusal in between',
    changes: [drop('publishAndClear', 'onlyIfNextAttemptIs')],
    noticedBy: [
      testFile('test/unit/races/announced-due-times.test.ts')(
        'leaves the due time of a refusal that came and went in between',
      ),
    ],
  },
  {
    safeguard: 'parking: it is left until no time is left for it',
    changes: [replace('PARK_MS', '4', '0')],
    noticedBy: [rescue('is parked in time even when the answer came at the last moment')],
  },
  {
    safeguard: 'recovery before re-post: the next claimer does not look for a parked successor',
    inShortRun: true,
    changes: [replace('lookForParked', '!hasUncleanLease(connection, nowMs)', 'nowMs > 0')],
    noticedBy: [crashPoints('recover by the next claimer', 'family')('a grant was lost outside the window')],
  },
  {
    safeguard: 'recovery before re-post: it goes on while Scheduler cannot say what is parked',
    changes: [
      replace(
        'lookForParked',
        "(await wait(run, connection, 'backoff', nowMs + MINUTE_MS)).stopped",
        'undefined',
      ),
    ],
    noticedBy: [crashPoints('recover by the next claimer', 'family')('a grant was lost outside the window')],
  },
  {
    safeguard: 'recovery: an envelope is taken over without being opened first',
    changes: [
      replace(
        'classifyEnvelope',
        "error.code !== 'SEAL_BROKEN' && error.code !== 'KEY_UNKNOWN') throw error",
        "error) return 'genuine'",
      ),
    ],
    noticedBy: [rescue('that was tampered with is refused and changes nothing')],
  },
  {
    safeguard: 'recovery: an envelope of any version is taken over',
    changes: [drop('recoverGenuine', 'connection.version === parked.version')],
    noticedBy: [rescue('that arrives twice is recovered once')],
  },
  {
    safeguard: 'recovery: an envelope of any generation is taken over',
    changes: [replace('recoverGenuine', 'generation === parked.generation && connection.version', 'version')],
    noticedBy: [badInput('one of an earlier consent changes nothing of the present one')],
  },
  {
    safeguard: 'ambiguous commit: its own earlier success is not recognised',
    changes: [
      replace(
        'settleLostCommit',
        'current?.generation === connection.generation && current.commitIds.includes(succession.commitId)',
        'current === undefined',
      ),
    ],
    noticedBy: [rescue('is recognised as its own success')],
  },
  {
    safeguard: 'commit: it is tried once',
    changes: [replace('keepSuccession', 'tooLate)', 'parkAfter > 0)')],
    noticedBy: [crashPoints('rotate by schedule', 'strict')('a grant was lost outside the window')],
  },
  {
    safeguard: 'alternate: a successor whose rival was committed is revoked',
    changes: [replace('changesFor', 'generation)', 'generation && uncommitted === undefined)')],
    noticedBy: [rescue('whose rival was committed is kept as alternate')],
  },
  {
    safeguard: 'uncommitted successors: the successor of a user who consented again is revoked',
    changes: [replace('changesFor', 'mayBelongToSameUser(current, owner) ||', '')],
    noticedBy: [rescue('a new consent of the same user lets its successor expire')],
  },
  {
    safeguard: 'uncommitted successors: the successor of a disconnected connection is let go',
    changes: [replace('changesFor', 'mayBelongToSameUser', 'current || mayBelongToSameUser')],
    noticedBy: [rescue('a disconnect hands its successor to the revocations, and IMS is told')],
  },
  {
    safeguard: 'uncommitted successors: the schedule of one that is not settled yet is deleted',
    changes: [replace('superseded', "=== 'unsettled'", "!== 'settled' && parked === undefined")],
    noticedBy: [settled('keeps the schedule that carries it')],
  },
  {
    safeguard:
      'uncommitted successors: what is to become of one is decided once, before other writes came first',
    changes: [
      replace(
        'settleUncommitted',
        'await run.deps.connections.read(latest.connectionId)',
        '(await run.deps.connections.read(latest.connectionId)) && latest',
      ),
    ],
    noticedBy: [settled('is revoked when a disconnect comes while it would become the alternate')],
  },
  {
    safeguard: 'uncommitted successors: one that can be neither settled nor parked gets a single try',
    changes: [replace('settleOrPark', 'run.deadline.remainingMs() < LAST_TRY_MS', 'tries > 0')],
    noticedBy: [settled('is settled after all when its parking place is taken and the other writers stop')],
  },
  {
    safeguard: 'uncommitted successors: the owner that a parked input names is believed without a proof',
    changes: [
      replace(
        'isOwnerProven',
        '=== expected.length && timingSafeEqual(given, expected',
        '!== expected.length || timingSafeEqual(given, given',
      ),
    ],
    noticedBy: [settled('does not get the living grant revoked when it is another user')],
  },
  {
    safeguard: 'revocation: a parked successor of what ended is forgotten',
    changes: [replace('findParkedWithEnded', "kind !== 'refresh'", 'kind')],
    noticedBy: [disconnect('keeps a parked successor where it is until its revocation is stored')],
  },
  {
    safeguard: 'disconnect: tokens that Adobe lets live after they were used are forgotten',
    changes: [replace('refreshRevocations', 'connection,', '{},')],
    noticedBy: [displaced('are revoked by a disconnect after 5 daily rotations')],
  },
  {
    safeguard: 'disconnect: displaced tokens are kept without bound',
    changes: [replace('displacedChanges', '.slice(0, MAX_DISPLACED)', '')],
    noticedBy: [displaced('are bounded in number, the newest kept')],
  },
  {
    safeguard: 'disconnect: an access token is invalidated before its revocation is stored',
    changes: [never('invalidateAccessTokens', "'unsettled'")],
    noticedBy: [
      testFile('test/unit/connection/begin-disconnect.test.ts')(
        'a revocation whose place other writes keep taking is not acknowledged either',
      ),
    ],
  },
  {
    safeguard: 'disconnect: access tokens are looked for by the scope sets of the settings alone',
    changes: [
      replace(
        'knownScopeSets',
        '[...new Set([...configured, ...left])]',
        'left.length < 0 ? left : configured',
      ),
    ],
    noticedBy: [
      testFile('test/unit/connection/former-scope-sets.test.ts')(
        'a disconnect invalidates the token of a scope set that is no longer vended',
      ),
    ],
  },
  {
    safeguard: 'disconnect: what another writer put into the cache is taken over without bound',
    changes: [replace('revocableTokens', '.slice(0, MAX_REVOCABLE)', '')],
    noticedBy: [
      testFile('test/unit/connection/begin-disconnect.test.ts')(
        'what another writer put into the cache cannot make the connection too large to be ended',
      ),
    ],
  },
  {
    safeguard: 'revocation: a token is revoked though another connection of the same user may die with it',
    changes: [never('mayEndAnotherGrant', '.live')],
    noticedBy: [disconnect('does not revoke what may end another live connection of the same user')],
  },
  {
    safeguard: 'revocation: what IMS did not confirm is taken for done',
    changes: [replace('revoke', 'open.push(revocation', "settled.push('revoked'")],
    noticedBy: [disconnect('is retried until IMS answers')],
  },
  {
    safeguard: 'tombstones: a disconnect leaves the access tokens in the cache',
    changes: [
      replace(
        'createBeginDisconnect',
        'invalidateAccessTokens(deps, disconnecting).finally(() =>\n        startRevoking(deps, connectionId),\n      )',
        "startRevoking(deps, connectionId).then((): Burial => 'settled');\n      type Burial = Awaited<ReturnType<typeof invalidateAccessTokens>>",
      ),
    ],
    noticedBy: [
      testFile('test/unit/connection/begin-disconnect.test.ts')(
        'access tokens of every scope set are invalidated under the new generation',
      ),
    ],
  },
  {
    safeguard: 'tombstones: what a disconnect could not write is not written by the revocation either',
    changes: [
      replace(
        'withoutAccessTokens',
        'invalidateAccessTokens({ ...deps, scopeSets: deps.settings.scopeSets }, connection',
        "Promise.resolve<'settled' | 'unsettled'>('settled'",
      ),
    ],
    noticedBy: [disconnect('whose beginner died before the tombstones still ends every access token')],
  },
  {
    safeguard: 'overtaken successor: it is not parked while the store cannot take it as alternate',
    changes: [never('settleOrPark', 'parkOnce(')],
    noticedBy: [unstopped('waits in its parking place while the store cannot take it as alternate')],
  },
  {
    safeguard: 'parked envelope: one that nobody can open keeps the present token from being posted',
    changes: [replace('lookForParked', "decision === 'genuine'", 'decision')],
    noticedBy: [unstopped('does not keep the token it was to replace from being posted')],
  },
  {
    safeguard: 'vend: a token of an earlier generation is taken',
    changes: [drop('createPresentTokens', '.generation')],
    noticedBy: [earlierGenerations('is not vended when a copy of it is put back after a disconnect')],
  },
  {
    safeguard: 'vend: a token without a connection is taken',
    changes: [
      replace(
        'createPresentTokens',
        'generation !== undefined && record.generation >= generation',
        "record.generation >= (generation ?? '')",
      ),
    ],
    noticedBy: [earlierGenerations('is not vended without a connection')],
  },
  {
    safeguard: 'schedules: their input may ask for what only an operator may',
    changes: [
      replace(
        'createRotateEvent',
        'aliasOf(invokedArn) === aliasOf(deps.scheduleTargetArn)',
        'invokedArn === deps.scheduleTargetArn && remainingMs < 0',
      ),
    ],
    noticedBy: [rotateEvent('may not be {')],
  },
  {
    safeguard: 'schedules: their input may rotate any connection before it is due',
    changes: [replace('readScheduledRequest', '!== canaryConnectionId', "=== '-'")],
    noticedBy: [rotateEvent('may rotate nothing before it is due where there is no canary connection')],
  },
  {
    safeguard: 'safeguard: a due time whose schedule never came is not created again',
    changes: [drop('storeAndArm', 'createSchedule(')],
    noticedBy: [crashPoints('rotate by schedule', 'strict')('the connection is asleep')],
  },
  {
    safeguard: 'safeguard: a lagging index is believed',
    changes: [drop('rescheduleOne', '!isMissed')],
    noticedBy: [
      testFile('test/unit/reconcile/reconcile.test.ts')('believes the connection, not a lagging index'),
    ],
  },
];
