import type { Connection } from '../connection/connection.ts';
import type { PendingRevocation } from '../connection/pending-revocation.ts';
import type { ParkedSuccessor } from './rotate-request.ts';
import type { Run } from './run.ts';

/** A successor that waits for a token which is to be revoked: it is revoked with it. */
export interface ParkedWithEnded {
  readonly successor: ParkedSuccessor;
  readonly revocation: PendingRevocation;
}

export async function findParkedWithEnded(
  run: Run,
  connection: Connection,
): Promise<readonly ParkedWithEnded[]> {
  const found: ParkedWithEnded[] = [];
  for (const { kind, token, subjectKey } of connection.revocations) {
    if (kind !== 'refresh') continue;
    const successor = await run.deps.parking.find({ ...token, connectionId: connection.connectionId });
    if (!successor) continue;
    const sealed = { ...token, version: successor.version + 1, sealed: successor.sealed };
    found.push({
      successor,
      revocation: { kind, token: sealed, ...(subjectKey !== undefined && { subjectKey }) },
    });
  }
  return found;
}

export async function removeParked(run: Run, parked: readonly ParkedWithEnded[]): Promise<void> {
  for (const { successor } of parked) await run.deps.parking.remove(successor);
}
