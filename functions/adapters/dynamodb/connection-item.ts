import { hash } from 'node:crypto';
import * as v from 'valibot';
import type {
  Connection,
  ConnectionChanges,
  ConnectionEvent,
  ConsentUnderWay,
  Degradation,
  DisplacedToken,
  ForcedRefreshes,
  LastAnswer,
  LastAnswerKind,
  Lease,
  RefusalEvidence,
  Schedule,
  ScopePause,
  Sliding,
  UserAction,
} from '../../core/connection/connection.ts';
import type { Profile } from '../../core/connection/connection-id.ts';
import type {
  PendingAccessRevocation,
  PendingRefreshRevocation,
  SealedAccessMaterial,
  SealedRefreshToken,
} from '../../core/connection/sealed-token.ts';
import type { Item } from './dynamodb-client.ts';
import {
  bytes,
  type EveryField,
  epochMs,
  flag,
  oneOf,
  readItem,
  text,
  texts,
  toItem,
  wholeNumber,
} from './items.ts';

const sealedRefreshToken = v.object({
  generation: text,
  version: wholeNumber,
  sealed: bytes,
} satisfies EveryField<SealedRefreshToken>);

const event = v.object({
  id: text,
  type: oneOf<ConnectionEvent['type']>({
    Connected: true,
    Degraded: true,
    Recovered: true,
    'Expiring Soon': true,
    'Reauthorization Required': true,
    'User Action Required': true,
    Disconnected: true,
  }),
  atMs: epochMs,
  generation: text,
  detail: v.record(text, v.union([text, v.number(), flag])),
} satisfies EveryField<ConnectionEvent>);

const revocation = v.variant('kind', [
  v.object({
    kind: v.literal('refresh'),
    subjectKey: v.exactOptional(text),
    token: sealedRefreshToken,
  } satisfies EveryField<PendingRefreshRevocation>),
  v.object({
    kind: v.literal('access'),
    subjectKey: v.exactOptional(text),
    token: v.object({
      generation: text,
      version: wholeNumber,
      scopeSet: text,
      expiresAtMs: epochMs,
      sealed: bytes,
    } satisfies EveryField<SealedAccessMaterial>),
  } satisfies EveryField<PendingAccessRevocation>),
]);

/** The attributes are named as the fields of `Connection`. */
export const connectionSchema = v.object({
  connectionId: text,
  generation: text,
  version: wholeNumber,
  state: oneOf<Connection['state']>({
    active: true,
    suspect: true,
    'needs-user-action': true,
    'needs-reauthorization': true,
    disconnecting: true,
    disconnected: true,
  }),
  clientId: text,
  subject: v.exactOptional(text),
  subjectKey: v.exactOptional(text),
  profile: v.exactOptional(
    v.object({ name: v.exactOptional(text), email: v.exactOptional(text) } satisfies EveryField<Profile>),
  ),
  grantedScopes: texts,
  renewable: flag,
  sliding: oneOf<Sliding>({ yes: true, no: true, unknown: true }),
  degraded: v.exactOptional(v.object({ code: text, sinceMs: epochMs } satisfies EveryField<Degradation>)),
  refresh: v.exactOptional(sealedRefreshToken),
  previous: v.exactOptional(sealedRefreshToken),
  previousEndsAtMs: v.exactOptional(epochMs),
  displaced: v.exactOptional(
    v.array(
      v.object({ ...sealedRefreshToken.entries, endsAtMs: epochMs } satisfies EveryField<DisplacedToken>),
    ),
  ),
  alternate: v.exactOptional(sealedRefreshToken),
  commitIds: texts,
  lease: v.exactOptional(v.object({ runId: text, untilMs: epochMs } satisfies EveryField<Lease>)),
  connectedAtMs: epochMs,
  rotatedAtMs: v.exactOptional(epochMs),
  refreshExpiresAtMs: v.exactOptional(epochMs),
  statedExpiresAtMs: v.exactOptional(epochMs),
  longestTokenAgeMs: v.exactOptional(wholeNumber),
  rotateAtMs: v.exactOptional(epochMs),
  dueAtMs: v.exactOptional(epochMs),
  schedule: v.exactOptional(v.object({ name: text, atMs: epochMs } satisfies EveryField<Schedule>)),
  nextAttemptAtMs: v.exactOptional(epochMs),
  heldUntilMs: v.exactOptional(epochMs),
  failures: wholeNumber,
  evidence: v.exactOptional(
    v.object({
      count: wholeNumber,
      firstAtMs: epochMs,
      lastAtMs: epochMs,
      tried: v.array(oneOf<RefusalEvidence['tried'][number]>({ alternate: true, previous: true })),
    } satisfies EveryField<RefusalEvidence>),
  ),
  userAction: v.exactOptional(
    v.object({
      error: text,
      jumpUrl: v.exactOptional(text),
      sinceMs: epochMs,
    } satisfies EveryField<UserAction>),
  ),
  lastAnswer: v.exactOptional(
    v.object({
      kind: oneOf<LastAnswerKind>({ lost: true, throttled: true, odd: true, 'credential-refused': true }),
      sinceMs: epochMs,
      atMs: epochMs,
      alone: flag,
      code: v.exactOptional(text),
      early: v.exactOptional(flag),
    } satisfies EveryField<LastAnswer>),
  ),
  forcedRefreshes: v.exactOptional(
    v.object({ count: wholeNumber, nextAllowedAtMs: epochMs } satisfies EveryField<ForcedRefreshes>),
  ),
  scopePauses: v.exactOptional(
    v.array(
      v.object({
        scopeSet: text,
        untilMs: epochMs,
        refusals: wholeNumber,
        code: text,
      } satisfies EveryField<ScopePause>),
    ),
  ),
  warnedOfExpiryAtMs: v.exactOptional(epochMs),
  outbox: v.array(event),
  revocations: v.array(revocation),
  importedFrom: v.exactOptional(text),
  consentUnderWay: v.exactOptional(
    v.object({ codeDigest: v.exactOptional(text), untilMs: epochMs } satisfies EveryField<ConsentUnderWay>),
  ),
  tombstoneUntilMs: v.exactOptional(epochMs),
} satisfies EveryField<Connection>);

export function connectionFrom(item: Item): Connection {
  const connection = readItem(connectionSchema, item, 'A connection');
  if (!connection.subjectKey?.startsWith(UNKNOWN_OWNER)) return connection;
  const { subjectKey: _, ...ownerless } = connection;
  return ownerless;
}

export function connectionItem(connection: Connection): Item {
  const { connectionId, dueAtMs } = connection;
  return toItem({ ...connection, ...subjectPlace(connection), ...dueIndexKey(connectionId, dueAtMs) });
}

/** A person's subject key has no dot in it. */
const UNKNOWN_OWNER = 'unknown.';

/** Where the index `subject` holds connections whose owner is unknown, in as many partitions as the index `due` has. */
export function unknownOwnerKey(shard: number): string {
  return `${UNKNOWN_OWNER}${shard}`;
}

function subjectPlace({ connectionId, state, subjectKey }: Connection) {
  if (subjectKey !== undefined || state === 'disconnected') return {};
  return { subjectKey: unknownOwnerKey(dueShardOf(connectionId)) };
}

/** Changes as attributes, without the events to append. An item is in the sparse index `due` exactly when it has a due time. */
export function attributeChanges(
  connectionId: string,
  { newEvents: _, ...changes }: ConnectionChanges,
): Readonly<Record<string, unknown>> {
  return { ...changes, ...dueIndexKey(connectionId, changes.dueAtMs) };
}

function dueIndexKey(connectionId: string, dueAtMs: number | null | undefined) {
  if (dueAtMs === undefined) return {};
  return { dueShard: dueAtMs === null ? null : dueShardOf(connectionId) };
}

/** Partitions of the sparse index `due`: enough that one vault's connections do not overload one of them. */
export const DUE_SHARDS = 16;

/** The partition of a connection; never changes for an id. */
export function dueShardOf(connectionId: string): number {
  return hash('sha256', connectionId, 'buffer').readUInt8(0) % DUE_SHARDS;
}
