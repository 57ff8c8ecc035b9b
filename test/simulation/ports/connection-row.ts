import type { Connection } from '../../../functions/core/domain/connection.ts';

/**
 * Every attribute, there or not, so that all rows of a run share one shape and every look at one is fast. Changed rows
 * are made by `withChanges`, which keeps the shape.
 */
const SHAPE: Readonly<Record<keyof Connection, undefined>> = {
  connectionId: undefined,
  generation: undefined,
  clientId: undefined,
  version: undefined,
  state: undefined,
  grantedScopes: undefined,
  renewable: undefined,
  sliding: undefined,
  commitIds: undefined,
  connectedAtMs: undefined,
  failures: undefined,
  outbox: undefined,
  revocations: undefined,
  subject: undefined,
  subjectKey: undefined,
  refresh: undefined,
  refreshExpiresAtMs: undefined,
  rotateAtMs: undefined,
  wakeAtMs: undefined,
  alarm: undefined,
  rotatedAtMs: undefined,
  previous: undefined,
  lease: undefined,
  nextAttemptAtMs: undefined,
  degraded: undefined,
  alternate: undefined,
  evidence: undefined,
  userAction: undefined,
  rejections: undefined,
  warnedOfExpiryAtMs: undefined,
  profile: undefined,
  importedFrom: undefined,
  tombstoneUntilMs: undefined,
};

/** A connection as the table keeps it. What is not there reads as undefined; the compiler would have it absent. */
export function rowOf(connection: Connection): Connection {
  const row: Record<keyof Connection, unknown> = { ...SHAPE, ...connection };
  return row as Pick<Connection, keyof Connection>;
}
