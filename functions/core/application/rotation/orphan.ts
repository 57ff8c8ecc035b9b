import type { Connection } from '../../domain/connection.ts';
import type { ConnectionChanges } from '../../domain/connection-changes.ts';
import { mayBeOnePerson } from '../../domain/connection-id.ts';
import type { PendingRevocation } from '../../domain/pending-revocation.ts';
import type { SealedRefreshToken } from '../../domain/sealed-token.ts';
import { amendAsRead, type Run } from './run.ts';

/** A sealed successor nobody asked for any more, the generation it was received under, and whose it is. */
export interface Orphan {
  readonly successor: SealedRefreshToken;
  readonly generation: string;
  readonly subjectKey?: string;
}

const APPEND_TRIES = 3;

/**
 * What becomes of a successor that cannot be committed (design: step 9).
 * Same generation, version moved on: kept as `alternate`, never revoked, because it may be the live token's parent.
 * Generation moved by a new consent of the same user: left to lapse.
 * Disconnected, or another user's consent: handed to the connection's revocations, which know when IMS may be told.
 */
export async function settleOrphan(
  run: Run,
  current: Connection | undefined,
  orphan: Orphan,
): Promise<{ connection?: Connection }> {
  if (current === undefined) {
    run.deps.telemetry.warn('A successor’s connection is gone; it is left to lapse.', {
      generation: orphan.generation,
    });
    return {};
  }
  if (current.generation === orphan.generation) return keepAsAlternate(run, current, orphan);
  if (mayBelongToSameUser(current, orphan)) return { connection: current };
  return handToRevocations(run, current, orphan);
}

async function keepAsAlternate(
  run: Run,
  current: Connection,
  orphan: Orphan,
): Promise<{ connection?: Connection }> {
  let latest: Connection | undefined = current;
  for (let tries = 0; tries < APPEND_TRIES && latest && isRival(latest, orphan); tries += 1) {
    const amended = await amendAsRead(run, latest, { alternate: orphan.successor });
    if (amended.result === 'written') return { connection: amended.connection };
    latest = await run.deps.connections.read(current.connectionId);
  }
  return latest ? { connection: latest } : {};
}

function isRival({ generation, version, alternate }: Connection, { successor }: Orphan): boolean {
  return generation === successor.generation && version === successor.version && alternate === undefined;
}

/** Where either is unknown they may be one: IMS may revoke per user, and that would end the new consent. */
function mayBelongToSameUser(current: Connection, { subjectKey }: Orphan): boolean {
  const live = current.state !== 'disconnecting' && current.state !== 'disconnected';
  return live && mayBeOnePerson(current.subjectKey, subjectKey);
}

async function handToRevocations(
  run: Run,
  current: Connection,
  orphan: Orphan,
): Promise<{ connection?: Connection }> {
  let latest: Connection | undefined = current;
  for (let tries = 0; tries < APPEND_TRIES && latest !== undefined; tries += 1) {
    const changes: ConnectionChanges = {
      ...(latest.state === 'disconnected' && { state: 'disconnecting' as const }),
      // While disconnecting the version numbers the list of revocations, so that two writers cannot undo each other.
      ...(latest.refresh === undefined && { version: latest.version + 1 }),
      revocations: [...latest.revocations, revocationOf(orphan)],
    };
    const amended = await amendAsRead(run, latest, changes);
    if (amended.result === 'written') return { connection: amended.connection };
    latest = await run.deps.connections.read(current.connectionId);
  }
  run.deps.telemetry.error(
    'A successor could not be handed over for revocation; it is left to lapse.',
    undefined,
    {
      connectionId: current.connectionId,
    },
  );
  return latest ? { connection: latest } : {};
}

function revocationOf({ successor, subjectKey }: Orphan): PendingRevocation {
  return { kind: 'refresh', token: successor, ...(subjectKey !== undefined && { subjectKey }) };
}
