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
    edits: [
      {
        file: 'functions/core/rotation/park.ts',
        find: 'if (parked === undefined) return false;',
        replace: 'if (parked === undefined || run) return false;',
      },
    ],
    proof: crashPoints('rotate, the store takes no write after the claim', 'strict'),
    says: 'a grant was lost outside the window',
    also: [RACES],
  },
  {
    safeguard: 'revocation: what a refused connection owes waits for a due time of its own',
    edits: [
      {
        file: 'functions/core/rotation/rotate.ts',
        find: "return kind === 'redeem' ? revokeAfterRefusal(run, result) : result;",
        replace: 'return result;',
      },
    ],
    proof: testFile('test/unit/rotation/owed-by-a-refused-connection.test.ts'),
    says: 'has it made although it is refused whenever it is due',
  },
  {
    safeguard: 'revocation: a caller waits for what a refused connection owes',
    edits: [
      {
        file: 'functions/core/rotation/rotate.ts',
        find: "if (run.request.trigger !== 'schedule' || !connection || connection.revocations.length === 0) return result;",
        replace: 'if (!connection || connection.revocations.length === 0) return result;',
      },
    ],
    proof: testFile('test/unit/rotation/owed-by-a-refused-connection.test.ts'),
    says: 'lets no caller wait for it',
  },
  {
    safeguard: 'due time: who read before a refusal plans the due time without it',
    edits: [
      {
        file: 'functions/core/rotation/run.ts',
        find: 'onlyIfRevocationsAre, onlyIfNextAttemptIs };',
        replace: 'onlyIfRevocationsAre };',
      },
    ],
    proof: testFile('test/unit/races/announced-due-times.test.ts'),
    says: 'leaves the due time of a refusal that came and went in between',
  },
  {
    safeguard: 'due time: a consent that is announced plans it without a refusal in between',
    edits: [
      {
        file: 'functions/core/consent/announce-connection.ts',
        find: 'onlyIfNextAttemptIs: connection.nextAttemptAtMs ?? null,',
        replace: '',
      },
    ],
    proof: testFile('test/unit/races/announced-due-times.test.ts'),
    says: 'leaves the due time of a refusal that came and went in between',
  },
  {
    safeguard: 'parking: it is left until no time is left for it',
    edits: [
      {
        file: 'functions/core/rotation/time-budget.ts',
        find: 'PARK_MS = 4 * SECOND_MS',
        replace: 'PARK_MS = 0 * SECOND_MS',
      },
    ],
    proof: rescue,
    says: 'is parked in time even when the answer came at the last moment',
  },
  {
    safeguard: 'recovery before re-post: the next claimer does not look for a parked successor',
    inShortRun: true,
    edits: [
      {
        file: 'functions/core/rotation/rotate-token.ts',
        find: 'if (!hasUncleanLease(connection, nowMs)) return undefined;',
        replace: 'if (nowMs > 0) return undefined;',
      },
    ],
    proof: crashPoints('recover by the next claimer', 'family'),
    says: 'a grant was lost outside the window',
  },
  {
    safeguard: 'recovery before re-post: it goes on while Scheduler cannot say what is parked',
    edits: [
      {
        file: 'functions/core/rotation/rotate-token.ts',
        find: "return (await wait(run, connection, 'backoff', nowMs + MINUTE_MS)).stopped;",
        replace: 'return undefined;',
      },
    ],
    proof: crashPoints('recover by the next claimer', 'family'),
    says: 'a grant was lost outside the window',
  },
  {
    safeguard: 'recovery: an envelope is taken over without being opened first',
    edits: [
      {
        file: 'functions/core/rotation/recover.ts',
        find: "if (error.code !== 'SEAL_BROKEN' && error.code !== 'KEY_UNKNOWN') throw error;",
        replace: "if (error) return 'genuine';",
      },
    ],
    proof: rescue,
    says: 'that was tampered with is refused and changes nothing',
  },
  {
    safeguard: 'recovery: an envelope of any version is taken over',
    edits: [
      {
        file: 'functions/core/rotation/recover.ts',
        find: 'connection?.generation === parked.generation && connection.version === parked.version;',
        replace: 'connection?.generation === parked.generation;',
      },
    ],
    proof: rescue,
    says: 'that arrives twice is recovered once',
  },
  {
    safeguard: 'recovery: an envelope of any generation is taken over',
    edits: [
      {
        file: 'functions/core/rotation/recover.ts',
        find: 'connection?.generation === parked.generation && connection.version === parked.version;',
        replace: 'connection?.version === parked.version;',
      },
    ],
    proof: badInput,
    says: 'one of an earlier consent changes nothing of the present one',
  },
  {
    safeguard: 'ambiguous commit: its own earlier success is not recognised',
    edits: [
      {
        file: 'functions/core/rotation/keep.ts',
        find: 'current?.generation === connection.generation && current.commitIds.includes(succession.commitId);',
        replace: 'current === undefined;',
      },
    ],
    proof: rescue,
    says: 'is recognised as its own success',
  },
  {
    safeguard: 'commit: it is tried once',
    edits: [
      {
        file: 'functions/core/rotation/keep.ts',
        find: 'if (tooLate) return reportLoss(run, connection, succession);',
        replace: 'if (parkAfter > 0) return reportLoss(run, connection, succession);',
      },
    ],
    proof: crashPoints('rotate by schedule', 'strict'),
    says: 'a grant was lost outside the window',
  },
  {
    safeguard: 'alternate: a successor whose rival was committed is revoked',
    edits: [
      {
        file: 'functions/core/rotation/uncommitted.ts',
        find: 'if (current.generation === uncommitted.generation) {',
        replace: 'if (current.generation === uncommitted.generation && uncommitted === undefined) {',
      },
    ],
    proof: rescue,
    says: 'whose rival was committed is kept as alternate',
  },
  {
    safeguard: 'uncommitted successors: the successor of a user who consented again is revoked',
    edits: [
      {
        file: 'functions/core/rotation/uncommitted.ts',
        find: "if (owner === 'unproven' || mayBelongToSameUser(current, owner) ||",
        replace: "if (owner === 'unproven' ||",
      },
    ],
    proof: rescue,
    says: 'a new consent of the same user lets its successor expire',
  },
  {
    safeguard: 'uncommitted successors: the successor of a disconnected connection is let go',
    edits: [
      {
        file: 'functions/core/rotation/uncommitted.ts',
        find: "if (owner === 'unproven' || mayBelongToSameUser",
        replace: "if (owner === 'unproven' || current || mayBelongToSameUser",
      },
    ],
    proof: rescue,
    says: 'a disconnect hands its successor to the revocations, and IMS is told',
  },
  {
    safeguard: 'uncommitted successors: the schedule of one that is not settled yet is deleted',
    edits: [
      {
        file: 'functions/core/rotation/recover.ts',
        find: "if (kind === 'unsettled') return",
        replace: "if (kind !== 'settled' && parked === undefined) return",
      },
    ],
    proof: settled,
    says: 'keeps the schedule that carries it',
  },
  {
    safeguard:
      'uncommitted successors: what is to become of one is decided once, before other writes came first',
    edits: [
      {
        file: 'functions/core/rotation/uncommitted.ts',
        find: 'latest = await run.deps.connections.read(latest.connectionId);',
        replace: 'latest = (await run.deps.connections.read(latest.connectionId)) && latest;',
      },
    ],
    proof: settled,
    says: 'is revoked when a disconnect comes while it would become the alternate',
  },
  {
    safeguard: 'uncommitted successors: one that can be neither settled nor parked gets a single try',
    edits: [
      {
        file: 'functions/core/rotation/settle-or-park.ts',
        find: 'if (run.deadline.remainingMs() < LAST_TRY_MS) {',
        replace: 'if (tries > 0) {',
      },
    ],
    proof: settled,
    says: 'is settled after all when its parking place is taken and the other writers stop',
  },
  {
    safeguard: 'uncommitted successors: the owner that a parked input names is believed without a proof',
    edits: [
      {
        file: 'functions/core/rotation/parked-owner.ts',
        find: 'return given.length === expected.length && timingSafeEqual(given, expected);',
        replace: 'return given.length !== expected.length || timingSafeEqual(given, given);',
      },
    ],
    proof: settled,
    says: 'does not get the living grant revoked when it is another user',
  },
  {
    safeguard: 'revocation: a parked successor of what ended is forgotten',
    edits: [
      {
        file: 'functions/core/rotation/parked-with-ended.ts',
        find: "if (kind !== 'refresh') continue;",
        replace: 'if (kind) continue;',
      },
    ],
    proof: disconnect,
    says: 'keeps a parked successor where it is until its revocation is stored',
  },
  {
    safeguard: 'disconnect: tokens that Adobe lets live after they were used are forgotten',
    edits: [
      {
        file: 'functions/core/connection/disconnecting-connection.ts',
        find: ', ...displacedTokens(connection, nowMs)]',
        replace: ', ...displacedTokens({}, nowMs)]',
      },
    ],
    proof: displaced,
    says: 'are revoked by a disconnect after 5 daily rotations',
  },
  {
    safeguard: 'disconnect: displaced tokens are kept without bound',
    edits: [
      {
        file: 'functions/core/rotation/displaced-tokens.ts',
        find: '.slice(0, MAX_DISPLACED)',
        replace: '',
      },
    ],
    proof: displaced,
    says: 'are bounded in number, the newest kept',
  },
  {
    safeguard: 'disconnect: an access token is invalidated before its revocation is stored',
    edits: [
      {
        file: 'functions/core/access-tokens/invalidate-access-tokens.ts',
        find: "if (owed === 'unsettled') return owed;",
        replace: '',
      },
    ],
    proof: testFile('test/unit/connection/begin-disconnect.test.ts'),
    says: 'a revocation whose place other writes keep taking is not acknowledged either',
  },
  {
    safeguard: 'disconnect: access tokens are looked for by the scope sets of the settings alone',
    edits: [
      {
        file: 'functions/core/access-tokens/cached-access-tokens.ts',
        find: 'return [...new Set([...configured, ...left])];',
        replace: 'return left.length < 0 ? left : configured;',
      },
    ],
    proof: testFile('test/unit/connection/former-scope-sets.test.ts'),
    says: 'a disconnect invalidates the token of a scope set that is no longer vended',
  },
  {
    safeguard: 'disconnect: what another writer put into the cache is taken over without bound',
    edits: [
      {
        file: 'functions/core/access-tokens/cached-access-tokens.ts',
        find: '.slice(0, MAX_REVOCABLE)',
        replace: '',
      },
    ],
    proof: testFile('test/unit/connection/begin-disconnect.test.ts'),
    says: 'what another writer put into the cache cannot make the connection too large to be ended',
  },
  {
    safeguard: 'revocation: a token is revoked though another connection of the same user may die with it',
    edits: [
      {
        file: 'functions/core/rotation/revoke-at-ims.ts',
        find: "if (STATE_RULES[state].live && isTheirs) return 'living';",
        replace: '',
      },
    ],
    proof: disconnect,
    says: 'does not revoke what may end another live connection of the same user',
  },
  {
    safeguard: 'revocation: what IMS did not confirm is taken for done',
    edits: [
      {
        file: 'functions/core/rotation/revoke.ts',
        find: "if (result === 'retry') open.push(revocation);",
        replace: "if (result === 'retry') settled.push('revoked');",
      },
    ],
    proof: disconnect,
    says: 'is retried until IMS answers',
  },
  {
    safeguard: 'tombstones: a disconnect leaves the access tokens in the cache',
    edits: [
      {
        file: 'functions/core/connection/begin-disconnect.ts',
        find: 'await invalidateAccessTokens(deps, disconnecting).finally(() =>\n        startRevoking(deps, connectionId),\n      );',
        replace:
          "await startRevoking(deps, connectionId).then((): Burial => 'settled');\n      type Burial = Awaited<ReturnType<typeof invalidateAccessTokens>>;",
      },
    ],
    proof: testFile('test/unit/connection/begin-disconnect.test.ts'),
    says: 'access tokens of every scope set are invalidated under the new generation',
  },
  {
    safeguard: 'tombstones: what a disconnect could not write is not written by the revocation either',
    edits: [
      {
        file: 'functions/core/rotation/revoke.ts',
        find: 'await invalidateAccessTokens({ ...deps, scopeSets: deps.settings.scopeSets }, connection);',
        replace: "await Promise.resolve<'settled' | 'unsettled'>('settled');",
      },
    ],
    proof: disconnect,
    says: 'whose beginner died before the tombstones still ends every access token',
  },
  {
    safeguard: 'overtaken successor: it is not parked while the store cannot take it as alternate',
    edits: [
      {
        file: 'functions/core/rotation/settle-or-park.ts',
        find: "if (await parkOnce(run, parked)) return { outcome: { outcome: 'parked' } };",
        replace: '',
      },
    ],
    proof: unstopped,
    says: 'waits in its parking place while the store cannot take it as alternate',
  },
  {
    safeguard: 'parked envelope: one that nobody can open keeps the present token from being posted',
    edits: [
      {
        file: 'functions/core/rotation/rotate-token.ts',
        find: "if (parked && decision === 'genuine') return",
        replace: 'if (parked && decision) return',
      },
    ],
    proof: unstopped,
    says: 'does not keep the token it was to replace from being posted',
  },
  {
    safeguard: 'vend: a token of an earlier generation is taken',
    edits: [
      {
        file: 'functions/core/access-tokens/present-tokens.ts',
        find: 'generation !== undefined && record.generation >= generation;',
        replace: 'generation !== undefined;',
      },
    ],
    proof: earlierGenerations,
    says: 'is not vended when a copy of it is put back after a disconnect',
  },
  {
    safeguard: 'vend: a token without a connection is taken',
    edits: [
      {
        file: 'functions/core/access-tokens/present-tokens.ts',
        find: 'record && generation !== undefined && record.generation >= generation;',
        replace: "record && record.generation >= (generation ?? '');",
      },
    ],
    proof: earlierGenerations,
    says: 'is not vended without a connection',
  },
  {
    safeguard: 'schedules: their input may ask for what only an operator may',
    edits: [
      {
        file: 'functions/rotate/event.ts',
        find: 'if (aliasOf(invokedArn) === aliasOf(deps.scheduleTargetArn)) {',
        replace: 'if (invokedArn === deps.scheduleTargetArn && remainingMs < 0) {',
      },
    ],
    proof: rotateEvent,
    says: 'may not be {',
  },
  {
    safeguard: 'schedules: their input may rotate any connection before it is due',
    edits: [
      {
        file: 'functions/rotate/event.ts',
        find: "if (trigger === 'canary' && connectionId !== canaryConnectionId) {",
        replace: "if (trigger === 'canary' && connectionId === '-') {",
      },
    ],
    proof: rotateEvent,
    says: 'may rotate nothing before it is due where there is no canary connection',
  },
  {
    safeguard: 'safeguard: a due time whose schedule never came is not created again',
    edits: [
      {
        file: 'functions/core/reconcile/reschedule.ts',
        find: 'await createSchedule(deps, connectionId, schedule);',
        replace: '',
      },
    ],
    proof: crashPoints('rotate by schedule', 'strict'),
    says: 'the connection is asleep',
  },
  {
    safeguard: 'safeguard: a lagging index is believed',
    edits: [
      {
        file: 'functions/core/reconcile/reschedule.ts',
        find: 'if (!connection || !isMissed(connection, deps.clock.nowMs())) return false;',
        replace: 'if (!connection) return false;',
      },
    ],
    proof: testFile('test/unit/reconcile/reconcile.test.ts'),
    says: 'believes the connection, not a lagging index',
  },
];
