import type { Connection } from '../../../functions/core/domain/connection.ts';
import type { ConnectionChanges } from '../../../functions/core/domain/connection-changes.ts';

const NOTHING: readonly never[] = [];

/** The connection as it is once the changes are stored. Nothing of it is ever changed in place. */
export function rowWith(before: Connection, changes: ConnectionChanges): Connection {
  return new Row(before, changes);
}

/**
 * A class, and its fields in one order, so that a million rows share a handful of shapes and stay small; an attribute that
 * is not there is not there, as in the table.
 */
class Row implements Connection {
  readonly connectionId: string;
  readonly generation: string;
  readonly clientId: string;
  declare readonly version: Connection['version'];
  declare readonly state: Connection['state'];
  declare readonly subject?: NonNullable<Connection['subject']>;
  declare readonly subjectKey?: NonNullable<Connection['subjectKey']>;
  declare readonly grantedScopes: Connection['grantedScopes'];
  declare readonly renewable: Connection['renewable'];
  declare readonly sliding: Connection['sliding'];
  declare readonly degraded?: NonNullable<Connection['degraded']>;
  declare readonly refresh?: NonNullable<Connection['refresh']>;
  declare readonly previous?: NonNullable<Connection['previous']>;
  declare readonly alternate?: NonNullable<Connection['alternate']>;
  declare readonly commitIds: Connection['commitIds'];
  declare readonly lease?: NonNullable<Connection['lease']>;
  declare readonly connectedAtMs: Connection['connectedAtMs'];
  declare readonly rotatedAtMs?: NonNullable<Connection['rotatedAtMs']>;
  declare readonly refreshExpiresAtMs?: NonNullable<Connection['refreshExpiresAtMs']>;
  declare readonly rotateAtMs?: NonNullable<Connection['rotateAtMs']>;
  declare readonly wakeAtMs?: NonNullable<Connection['wakeAtMs']>;
  declare readonly alarm?: NonNullable<Connection['alarm']>;
  declare readonly nextAttemptAtMs?: NonNullable<Connection['nextAttemptAtMs']>;
  declare readonly failures: Connection['failures'];
  declare readonly evidence?: NonNullable<Connection['evidence']>;
  declare readonly userAction?: NonNullable<Connection['userAction']>;
  declare readonly rejections?: NonNullable<Connection['rejections']>;
  declare readonly warnedOfExpiryAtMs?: NonNullable<Connection['warnedOfExpiryAtMs']>;
  declare readonly outbox: Connection['outbox'];
  declare readonly revocations: Connection['revocations'];
  declare readonly tombstoneUntilMs?: NonNullable<Connection['tombstoneUntilMs']>;

  constructor(before: Connection, changes: ConnectionChanges) {
    this.connectionId = before.connectionId;
    this.generation = before.generation;
    this.clientId = before.clientId;
    this.version = changes.version ?? before.version;
    this.state = changes.state ?? before.state;
    this.grantedScopes = changes.grantedScopes ?? before.grantedScopes;
    this.renewable = changes.renewable ?? before.renewable;
    this.sliding = changes.sliding ?? before.sliding;
    this.commitIds = changes.commitIds ?? before.commitIds;
    this.connectedAtMs = changes.connectedAtMs ?? before.connectedAtMs;
    this.failures = changes.failures ?? before.failures;
    const outbox = changes.outbox ?? before.outbox;
    this.outbox = shared(changes.newEvents === undefined ? outbox : [...outbox, ...changes.newEvents]);
    this.revocations = shared(changes.revocations ?? before.revocations);
    const subject = changed(before.subject, changes.subject);
    if (subject !== undefined) this.subject = subject;
    const subjectKey = changed(before.subjectKey, changes.subjectKey);
    if (subjectKey !== undefined) this.subjectKey = subjectKey;
    const refresh = changed(before.refresh, changes.refresh);
    if (refresh !== undefined) this.refresh = refresh;
    const refreshExpiresAtMs = changed(before.refreshExpiresAtMs, changes.refreshExpiresAtMs);
    if (refreshExpiresAtMs !== undefined) this.refreshExpiresAtMs = refreshExpiresAtMs;
    const rotateAtMs = changed(before.rotateAtMs, changes.rotateAtMs);
    if (rotateAtMs !== undefined) this.rotateAtMs = rotateAtMs;
    const wakeAtMs = changed(before.wakeAtMs, changes.wakeAtMs);
    if (wakeAtMs !== undefined) this.wakeAtMs = wakeAtMs;
    const alarm = changed(before.alarm, changes.alarm);
    if (alarm !== undefined) this.alarm = alarm;
    const rotatedAtMs = changed(before.rotatedAtMs, changes.rotatedAtMs);
    if (rotatedAtMs !== undefined) this.rotatedAtMs = rotatedAtMs;
    const previous = changed(before.previous, changes.previous);
    if (previous !== undefined) this.previous = previous;
    const lease = changed(before.lease, changes.lease);
    if (lease !== undefined) this.lease = lease;
    const nextAttemptAtMs = changed(before.nextAttemptAtMs, changes.nextAttemptAtMs);
    if (nextAttemptAtMs !== undefined) this.nextAttemptAtMs = nextAttemptAtMs;
    const degraded = changed(before.degraded, changes.degraded);
    if (degraded !== undefined) this.degraded = degraded;
    const alternate = changed(before.alternate, changes.alternate);
    if (alternate !== undefined) this.alternate = alternate;
    const evidence = changed(before.evidence, changes.evidence);
    if (evidence !== undefined) this.evidence = evidence;
    const userAction = changed(before.userAction, changes.userAction);
    if (userAction !== undefined) this.userAction = userAction;
    const rejections = changed(before.rejections, changes.rejections);
    if (rejections !== undefined) this.rejections = rejections;
    const warnedOfExpiryAtMs = changed(before.warnedOfExpiryAtMs, changes.warnedOfExpiryAtMs);
    if (warnedOfExpiryAtMs !== undefined) this.warnedOfExpiryAtMs = warnedOfExpiryAtMs;
    const tombstoneUntilMs = changed(before.tombstoneUntilMs, changes.tombstoneUntilMs);
    if (tombstoneUntilMs !== undefined) this.tombstoneUntilMs = tombstoneUntilMs;
  }
}

function changed<Value>(before: Value, change: Value | null | undefined): Value | undefined {
  if (change === undefined) return before;
  return change === null ? undefined : change;
}

/** One empty list serves all rows. */
function shared<Element>(list: readonly Element[]): readonly Element[] {
  return list.length === 0 ? NOTHING : list;
}
