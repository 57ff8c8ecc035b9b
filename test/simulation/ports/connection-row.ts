import type { Connection } from '../../../functions/core/domain/connection.ts';
import type { ConnectionChanges } from '../../../functions/core/domain/connection-changes.ts';

/** Every attribute has its place, absent ones too: a million rows of one shape stay small and quick to copy. */
type Row = { readonly [K in keyof Required<Connection>]: Connection[K] | undefined };

const NOTHING: readonly never[] = [];

/** The connection as it is once the changes are stored. Nothing of it is ever changed in place. */
export function rowWith(before: Connection, changes: ConnectionChanges): Connection {
  const row: Row = {
    connectionId: before.connectionId,
    generation: before.generation,
    clientId: before.clientId,
    version: changed(before.version, changes.version),
    state: changed(before.state, changes.state),
    subject: changed(before.subject, changes.subject),
    subjectKey: changed(before.subjectKey, changes.subjectKey),
    grantedScopes: changed(before.grantedScopes, changes.grantedScopes),
    renewable: changed(before.renewable, changes.renewable),
    sliding: changed(before.sliding, changes.sliding),
    degraded: changed(before.degraded, changes.degraded),
    refresh: changed(before.refresh, changes.refresh),
    previous: changed(before.previous, changes.previous),
    alternate: changed(before.alternate, changes.alternate),
    commitIds: changed(before.commitIds, changes.commitIds),
    lease: changed(before.lease, changes.lease),
    connectedAtMs: changed(before.connectedAtMs, changes.connectedAtMs),
    rotatedAtMs: changed(before.rotatedAtMs, changes.rotatedAtMs),
    refreshExpiresAtMs: changed(before.refreshExpiresAtMs, changes.refreshExpiresAtMs),
    rotateAtMs: changed(before.rotateAtMs, changes.rotateAtMs),
    wakeAtMs: changed(before.wakeAtMs, changes.wakeAtMs),
    alarm: changed(before.alarm, changes.alarm),
    nextAttemptAtMs: changed(before.nextAttemptAtMs, changes.nextAttemptAtMs),
    failures: changed(before.failures, changes.failures),
    evidence: changed(before.evidence, changes.evidence),
    userAction: changed(before.userAction, changes.userAction),
    rejections: changed(before.rejections, changes.rejections),
    warnedOfExpiryAtMs: changed(before.warnedOfExpiryAtMs, changes.warnedOfExpiryAtMs),
    outbox: shared(changed(before.outbox, changes.outbox)),
    revocations: shared(changed(before.revocations, changes.revocations)),
    tombstoneUntilMs: changed(before.tombstoneUntilMs, changes.tombstoneUntilMs),
  };
  return row as Connection;
}

function changed<Value>(before: Value, change: Value | null | undefined): Value | undefined {
  if (change === undefined) return before;
  return change === null ? undefined : change;
}

/** One empty list serves all rows. */
function shared<Element>(list: readonly Element[] | undefined): readonly Element[] {
  return list === undefined || list.length === 0 ? NOTHING : list;
}
