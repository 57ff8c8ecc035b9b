import type { Connection } from '../../../functions/core/domain/connection.ts';
import type { ConnectionChanges } from '../../../functions/core/domain/connection-changes.ts';

const NOTHING: readonly never[] = [];

/** The connection as it is once the changes are stored. Nothing of it is ever changed in place. */
export function rowWith(before: Connection, changes: ConnectionChanges): Connection {
  // What is not there reads as undefined; the compiler would have it absent.
  return new Row(before, changes) as Connection;
}

/** A class with every field, there or not, so that all rows of a run share one shape and every look at one is fast. */
class Row {
  readonly connectionId: Connection['connectionId'];
  readonly generation: Connection['generation'];
  readonly clientId: Connection['clientId'];
  readonly version: Connection['version'];
  readonly state: Connection['state'];
  readonly grantedScopes: Connection['grantedScopes'];
  readonly renewable: Connection['renewable'];
  readonly sliding: Connection['sliding'];
  readonly commitIds: Connection['commitIds'];
  readonly connectedAtMs: Connection['connectedAtMs'];
  readonly failures: Connection['failures'];
  readonly outbox: Connection['outbox'];
  readonly revocations: Connection['revocations'];
  readonly subject: Connection['subject'] | undefined;
  readonly subjectKey: Connection['subjectKey'] | undefined;
  readonly refresh: Connection['refresh'] | undefined;
  readonly refreshExpiresAtMs: Connection['refreshExpiresAtMs'] | undefined;
  readonly rotateAtMs: Connection['rotateAtMs'] | undefined;
  readonly wakeAtMs: Connection['wakeAtMs'] | undefined;
  readonly alarm: Connection['alarm'] | undefined;
  readonly rotatedAtMs: Connection['rotatedAtMs'] | undefined;
  readonly previous: Connection['previous'] | undefined;
  readonly lease: Connection['lease'] | undefined;
  readonly nextAttemptAtMs: Connection['nextAttemptAtMs'] | undefined;
  readonly degraded: Connection['degraded'] | undefined;
  readonly alternate: Connection['alternate'] | undefined;
  readonly evidence: Connection['evidence'] | undefined;
  readonly userAction: Connection['userAction'] | undefined;
  readonly rejections: Connection['rejections'] | undefined;
  readonly warnedOfExpiryAtMs: Connection['warnedOfExpiryAtMs'] | undefined;
  readonly importedFrom: Connection['importedFrom'] | undefined;
  readonly tombstoneUntilMs: Connection['tombstoneUntilMs'] | undefined;

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
    this.subject = changed(before.subject, changes.subject);
    this.subjectKey = changed(before.subjectKey, changes.subjectKey);
    this.refresh = changed(before.refresh, changes.refresh);
    this.refreshExpiresAtMs = changed(before.refreshExpiresAtMs, changes.refreshExpiresAtMs);
    this.rotateAtMs = changed(before.rotateAtMs, changes.rotateAtMs);
    this.wakeAtMs = changed(before.wakeAtMs, changes.wakeAtMs);
    this.alarm = changed(before.alarm, changes.alarm);
    this.rotatedAtMs = changed(before.rotatedAtMs, changes.rotatedAtMs);
    this.previous = changed(before.previous, changes.previous);
    this.lease = changed(before.lease, changes.lease);
    this.nextAttemptAtMs = changed(before.nextAttemptAtMs, changes.nextAttemptAtMs);
    this.degraded = changed(before.degraded, changes.degraded);
    this.alternate = changed(before.alternate, changes.alternate);
    this.evidence = changed(before.evidence, changes.evidence);
    this.userAction = changed(before.userAction, changes.userAction);
    this.rejections = changed(before.rejections, changes.rejections);
    this.warnedOfExpiryAtMs = changed(before.warnedOfExpiryAtMs, changes.warnedOfExpiryAtMs);
    this.importedFrom = changed(before.importedFrom, changes.importedFrom);
    this.tombstoneUntilMs = changed(before.tombstoneUntilMs, changes.tombstoneUntilMs);
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
