import type { Connection } from '../../../../functions/core/connection/connection.ts';

/** A connection as the table keeps it. Nothing of it is ever changed in place. */
export function rowOf(connection: Connection): Connection {
  // What is not there reads as undefined; the compiler would have it absent.
  return new Row(connection) as Pick<Connection, keyof Connection>;
}

/**
 * A class with every attribute, there or not, so that all rows of a run share one shape: every look at one is fast, and so
 * is every copy. (A plain object’s copy, copied again, has a new shape each time.)
 */
class Row implements Record<keyof Connection, unknown> {
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
  readonly statedExpiresAtMs: Connection['statedExpiresAtMs'] | undefined;
  readonly longestTokenAgeMs: Connection['longestTokenAgeMs'] | undefined;
  readonly rotateAtMs: Connection['rotateAtMs'] | undefined;
  readonly dueAtMs: Connection['dueAtMs'] | undefined;
  readonly schedule: Connection['schedule'] | undefined;
  readonly rotatedAtMs: Connection['rotatedAtMs'] | undefined;
  readonly previous: Connection['previous'] | undefined;
  readonly lease: Connection['lease'] | undefined;
  readonly nextAttemptAtMs: Connection['nextAttemptAtMs'] | undefined;
  readonly heldUntilMs: Connection['heldUntilMs'] | undefined;
  readonly degraded: Connection['degraded'] | undefined;
  readonly previousEndsAtMs: Connection['previousEndsAtMs'] | undefined;
  readonly displaced: Connection['displaced'] | undefined;
  readonly alternate: Connection['alternate'] | undefined;
  readonly evidence: Connection['evidence'] | undefined;
  readonly userAction: Connection['userAction'] | undefined;
  readonly lastAnswer: Connection['lastAnswer'] | undefined;
  readonly forcedRefreshes: Connection['forcedRefreshes'] | undefined;
  readonly scopePauses: Connection['scopePauses'] | undefined;
  readonly warnedOfExpiryAtMs: Connection['warnedOfExpiryAtMs'] | undefined;
  readonly profile: Connection['profile'] | undefined;
  readonly importedFrom: Connection['importedFrom'] | undefined;
  readonly consentUnderWay: Connection['consentUnderWay'] | undefined;
  readonly tombstoneUntilMs: Connection['tombstoneUntilMs'] | undefined;

  constructor(connection: Connection) {
    this.connectionId = connection.connectionId;
    this.generation = connection.generation;
    this.clientId = connection.clientId;
    this.version = connection.version;
    this.state = connection.state;
    this.grantedScopes = connection.grantedScopes;
    this.renewable = connection.renewable;
    this.sliding = connection.sliding;
    this.commitIds = connection.commitIds;
    this.connectedAtMs = connection.connectedAtMs;
    this.failures = connection.failures;
    this.outbox = connection.outbox;
    this.revocations = connection.revocations;
    this.subject = connection.subject;
    this.subjectKey = connection.subjectKey;
    this.refresh = connection.refresh;
    this.refreshExpiresAtMs = connection.refreshExpiresAtMs;
    this.statedExpiresAtMs = connection.statedExpiresAtMs;
    this.longestTokenAgeMs = connection.longestTokenAgeMs;
    this.rotateAtMs = connection.rotateAtMs;
    this.dueAtMs = connection.dueAtMs;
    this.schedule = connection.schedule;
    this.rotatedAtMs = connection.rotatedAtMs;
    this.previous = connection.previous;
    this.lease = connection.lease;
    this.nextAttemptAtMs = connection.nextAttemptAtMs;
    this.heldUntilMs = connection.heldUntilMs;
    this.degraded = connection.degraded;
    this.previousEndsAtMs = connection.previousEndsAtMs;
    this.displaced = connection.displaced;
    this.alternate = connection.alternate;
    this.evidence = connection.evidence;
    this.userAction = connection.userAction;
    this.lastAnswer = connection.lastAnswer;
    this.forcedRefreshes = connection.forcedRefreshes;
    this.scopePauses = connection.scopePauses;
    this.warnedOfExpiryAtMs = connection.warnedOfExpiryAtMs;
    this.profile = connection.profile;
    this.importedFrom = connection.importedFrom;
    this.consentUnderWay = connection.consentUnderWay;
    this.tombstoneUntilMs = connection.tombstoneUntilMs;
  }
}
