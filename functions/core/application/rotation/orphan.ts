import type { Connection } from '../../domain/connection.ts';
import type { SealedRefreshToken } from '../../domain/sealed-token.ts';
import { amendWithWake, type Run } from './run.ts';

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
): Promise<{ connection: Connection }> {
  const isRival = current.version === orphan.successor.version;
  if (!isRival || current.alternate !== undefined) return { connection: current };
  const amended = await amendWithWake(run, current, { alternate: orphan.successor });
  return { connection: amended.connection };
}

/** Where either is unknown they may be one: IMS may revoke per user, and that would end the new consent. */
function mayBelongToSameUser(current: Connection, { subjectKey }: Orphan): boolean {
  const live = current.state !== 'disconnecting' && current.state !== 'disconnected';
  const known = current.subjectKey !== undefined && subjectKey !== undefined;
  return live && (!known || current.subjectKey === subjectKey);
}

async function handToRevocations(
  run: Run,
  current: Connection,
  orphan: Orphan,
): Promise<{ connection?: Connection }> {
  let latest: Connection | undefined = current;
  for (let tries = 0; tries < APPEND_TRIES && latest !== undefined; tries += 1) {
    const amended = await amendWithWake(run, latest, {
      ...(latest.state === 'disconnected' && { state: 'disconnecting' as const }),
      // While disconnecting the version numbers the list of revocations, so that two writers cannot undo each other.
      ...(latest.refresh === undefined && { version: latest.version + 1 }),
      revocations: [
        ...latest.revocations,
        {
          kind: 'refresh',
          token: orphan.successor,
          ...(orphan.subjectKey !== undefined && { subjectKey: orphan.subjectKey }),
        },
      ],
    });
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
