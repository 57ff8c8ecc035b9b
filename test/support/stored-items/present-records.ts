import type { Connection } from '../../../functions/core/connection/connection.ts';
import type {
  ConsentOutcome,
  ConsentSession,
  PendingConsent,
} from '../../../functions/core/consent/consent.ts';
import type { OpenBreaker } from '../../../functions/core/rotation/breakers.ts';
import type { ParkedSuccessor } from '../../../functions/core/rotation/parked-successor.ts';
import {
  EXAMPLE_NOW_MS,
  exampleAccessToken,
  exampleBytes,
  exampleConnection,
  exampleGeneration,
} from '../fakes/example-records.ts';

const DAY_MS = 86_400_000;
const generation = exampleGeneration();
const before = exampleGeneration(EXAMPLE_NOW_MS - DAY_MS);
const expiresAtMs = EXAMPLE_NOW_MS + 600_000;

function sealed(version: number, of = generation) {
  return { generation: of, version, sealed: exampleBytes(16) };
}

const openBreaker: Required<OpenBreaker> = {
  reason: 'unknown answers',
  openedAtMs: EXAMPLE_NOW_MS,
  openUntilMs: EXAMPLE_NOW_MS + 60_000,
  reopened: 1,
  answers: 2,
  secretVersion: 'version-1',
};

/** A connection that has everything a connection can have: typed so that a new field has to be given here too. */
const fullConnection: Required<Connection> = {
  connectionId: 'acme.user-42',
  generation,
  version: 3,
  state: 'suspect',
  clientId: 'example-client-id',
  subject: '0123456789ABCDEF01234567@AdobeID',
  subjectKey: 'example-subject-key',
  profile: { name: 'Some One', email: 'someone@example.test' },
  grantedScopes: ['openid', 'offline_access'],
  renewable: true,
  sliding: 'yes',
  degraded: { code: 'seal_broken', sinceMs: EXAMPLE_NOW_MS },
  refresh: sealed(3),
  previous: sealed(2),
  previousEndsAtMs: EXAMPLE_NOW_MS + 7 * DAY_MS,
  displaced: [{ ...sealed(1), endsAtMs: EXAMPLE_NOW_MS + 6 * DAY_MS }],
  alternate: sealed(3),
  commitIds: ['commit-3', 'commit-2'],
  lease: { runId: 'attempt-1', untilMs: EXAMPLE_NOW_MS + 60_000 },
  connectedAtMs: EXAMPLE_NOW_MS - DAY_MS,
  rotatedAtMs: EXAMPLE_NOW_MS,
  refreshExpiresAtMs: EXAMPLE_NOW_MS + 14 * DAY_MS,
  rotateAtMs: EXAMPLE_NOW_MS + 7 * DAY_MS,
  dueAtMs: EXAMPLE_NOW_MS + 7 * DAY_MS,
  schedule: { name: 'alarm-1', atMs: EXAMPLE_NOW_MS + 7 * DAY_MS },
  nextAttemptAtMs: EXAMPLE_NOW_MS + 300_000,
  failures: 2,
  evidence: { count: 2, firstAtMs: EXAMPLE_NOW_MS - DAY_MS, lastAtMs: EXAMPLE_NOW_MS, tried: ['previous'] },
  userAction: {
    error: 'ride_AdobeID_acct_terms',
    jumpUrl: 'https://adobe.example/jump',
    sinceMs: EXAMPLE_NOW_MS,
  },
  heldUntilMs: EXAMPLE_NOW_MS + 30_000,
  lastAnswer: { kind: 'odd', sinceMs: EXAMPLE_NOW_MS - DAY_MS, atMs: EXAMPLE_NOW_MS, alone: true },
  forcedRefreshes: { count: 1, nextAllowedAtMs: EXAMPLE_NOW_MS + 60_000 },
  statedExpiresAtMs: EXAMPLE_NOW_MS + 60 * DAY_MS,
  longestTokenAgeMs: 15 * DAY_MS,
  scopePauses: [
    { scopeSet: 'AdobeID openid', untilMs: EXAMPLE_NOW_MS + 60_000, refusals: 1, code: 'invalid_scope' },
  ],
  warnedOfExpiryAtMs: EXAMPLE_NOW_MS + 14 * DAY_MS,
  outbox: [
    { id: 'event-1', type: 'Expiring Soon', atMs: EXAMPLE_NOW_MS, generation, detail: { reason: 'fixed' } },
  ],
  revocations: [
    { kind: 'refresh', subjectKey: 'example-subject-key', token: sealed(9, before) },
    {
      kind: 'access',
      subjectKey: 'example-subject-key',
      token: { ...sealed(9, before), scopeSet: '*', expiresAtMs },
    },
  ],
  importedFrom: 'digest-of-another-system',
  consentUnderWay: { codeDigest: 'code-digest', untilMs: EXAMPLE_NOW_MS + 600_000 },
  tombstoneUntilMs: EXAMPLE_NOW_MS + 7 * DAY_MS,
};

const session: Required<ConsentSession> = {
  sessionDigest: 'session-digest',
  connectionId: 'acme.user-42',
  returnUrlKey: 'abcdefghijk',
  appState: 'state-of-the-app',
  scopes: ['openid'],
  replace: true,
  expiresAtMs,
  mac: 'mac-of-the-session',
};
const outcome: Required<ConsentOutcome> = {
  kind: 'connected',
  appState: 'state-of-the-app',
};
const pending: Omit<Required<PendingConsent>, 'redeemedAtMs'> = {
  codeDigest: 'code-digest',
  kind: 'sign-in',
  connection: exampleConnection(),
  accessToken: exampleAccessToken(),
  replace: false,
  keptPrevious: true,
  appStateDigest: 'app-state-digest',
  claims: { email: 'someone@example.test', email_verified: true },
  expiresAtMs,
  mac: 'mac-of-the-pending-consent',
};
const parked: Required<ParkedSuccessor> = {
  connectionId: 'acme.user-42',
  generation,
  version: 3,
  sealed: exampleBytes(16),
  commitId: 'commit-4',
  parkedAtMs: EXAMPLE_NOW_MS,
  refreshExpiresAtMs: EXAMPLE_NOW_MS + 14 * DAY_MS,
  sliding: 'yes',
  subjectKey: 'example-subject-key',
  ownerProof: 'proof-of-the-owner',
};

/** What the vault stores, as the core knows it. */
export const PRESENT_RECORDS = {
  connection: fullConnection,
  accessToken: exampleAccessToken() as Required<ReturnType<typeof exampleAccessToken>>,
  tombstone: { connectionId: 'acme.user-42', scopeSet: '*', generation },
  breakers: {
    revision: 4,
    credential: openBreaker,
    outage: openBreaker,
    recent: [{ connection: 'digest', kind: 'unknown', atMs: EXAMPLE_NOW_MS }],
    odd: [{ connection: 'digest', atMs: EXAMPLE_NOW_MS }],
  },
  session,
  outcome,
  pending,
  parked,
  ttlEpochSeconds: EXAMPLE_NOW_MS / 1_000,
  expiresAtMs,
} as const;
