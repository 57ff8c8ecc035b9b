import type { Connection } from '../../../../functions/core/connection/connection.ts';
import { STATE_RULES } from '../../../../functions/core/connection/connection-states.ts';
import { nextDueAtMs } from '../../../../functions/core/connection/due.ts';
import { refreshBinding } from '../../../../functions/core/connection/sealed-token.ts';
import { canBeVended } from '../../faults/outcome-rules.ts';
import { aliveThoughEnded } from './ended-grants.ts';
import { isFalseClaim } from './race-plan.ts';
import type { Finished } from './race-rules.ts';
import { CONNECTION_ID, NEIGHBOUR_ID } from './race-start.ts';

export interface Aftermath {
  readonly broken: readonly string[];
  /** A grant was lost, inside the window. */
  readonly lostInWindow: boolean;
  /** A grant was lost to a revocation of which the setting says, falsely, that it ends less. */
  readonly lostToFalseClaim: boolean;
}

type Fate =
  | 'none'
  | 'kept'
  | 'lost'
  | 'lost in the window'
  | 'lost to a false claim'
  | 'lost to a revocation';

/** Half an hour, an hour to the next run of the reconciler, an hour of spread. */
const LONGEST_SLEEP_MS = 2.5 * 3_600_000;

/** What must hold once the world has gone on for days. `kept` is of then. */
export async function judgeAftermath(finished: Finished): Promise<Aftermath> {
  const { strong } = finished.race.world;
  const broken = [...wrongDecisions(finished), ...leaks(finished), ...leftInWorld(finished)];
  const fates: Fate[] = [];
  for (const connectionId of [CONNECTION_ID, NEIGHBOUR_ID]) {
    const connection = strong.memory.connections.get(connectionId);
    broken.push(...aliveThoughEnded(finished, connectionId), ...leftBehind(finished, connection));
    const fate = await fateOf(finished, connection);
    fates.push(fate);
    if (fate === 'lost') broken.push('a grant was lost outside the window');
    if (fate === 'lost to a revocation') broken.push('a revocation ended a grant that was to be kept');
    const isVended = fate !== 'kept' || (await canBeVended(strong, connection));
    if (!isVended) broken.push('no live access token can be had');
  }
  return {
    broken,
    lostInWindow: fates.includes('lost in the window'),
    lostToFalseClaim: fates.includes('lost to a false claim'),
  };
}

async function fateOf(finished: Finished, connection: Connection | undefined): Promise<Fate> {
  if (!connection || !STATE_RULES[connection.state].mayRotate) return 'none';
  const { sealing, ims } = finished.race.world;
  const { refresh } = connection;
  if (!refresh) return 'lost';
  const token = await sealing.opener.open(refresh.sealed, refreshBinding(connection, refresh));
  const present = token.reveal();
  if (ims.ledger.isLive(present)) return 'kept';
  const toRevocation = lostToRevocation(finished, connection, present);
  return toRevocation ?? (isInWindow(finished, connection) ? 'lost in the window' : 'lost');
}

/** How a grant was lost that a revocation of the vault has ended; `undefined` where none has. */
function lostToRevocation(
  { race, plan, kept }: Finished,
  { generation }: Connection,
  present: string,
): Fate | undefined {
  const { families, revocations } = race.world;
  const root = families.of(kept.firstOf.get(generation) ?? '');
  const endsFamily = (token: string) => plan.revocation.ends !== 'token' && families.of(token) === root;
  const ending = revocations.find(({ ended }) =>
    ended.some((token) => token === present || endsFamily(token)),
  );
  if (ending === undefined) return undefined;
  if (isFalseClaim(plan.revocation)) return 'lost to a false claim';
  const began = race.history.stored.find(({ connection }) => connection.generation === generation);
  // No look before a post can exclude a consent that came while the post was on its way.
  const underWayAt = families.bornAt(root) ?? began?.at ?? 0;
  return underWayAt > ending.lookedAt ? 'lost in the window' : 'lost to a revocation';
}

/**
 * The provider forgives no second post, and gave a successor of the present consent which nobody received, or whose
 * receiver died before it was stored.
 */
function isInWindow({ race, plan, kept }: Finished, connection: Connection): boolean {
  const { families } = race.world;
  const first = kept.firstOf.get(connection.generation);
  if (first === undefined || plan.mode === 'reuse' || plan.mode === 'grace') return false;
  return race.posts.posts.some(({ token, successor, wasDelivered, process }) => {
    if (successor === undefined || kept.anywhere.has(successor)) return false;
    if (families.of(token) !== families.of(first)) return false;
    return !wasDelivered || race.processes.some(({ name, isDead }) => name === process && isDead);
  });
}

/** I5: nobody was told that the user has to consent again while the grant was alive. */
function wrongDecisions({ race, kept }: Finished): string[] {
  const { families, ims } = race.world;
  const condemned = race.history.stored.filter(
    ({ connection }) => connection.state === 'needs-reauthorization',
  );
  const generations = new Set(condemned.map(({ connection }) => connection.generation));
  return [...generations].flatMap((generation) => {
    const root = families.of(kept.firstOf.get(generation) ?? '');
    const alive = ims.ledger
      .liveRefreshTokens()
      .filter((token) => families.of(token) === root && kept.anywhere.has(token));
    return alive.length > 0 ? [`I5: called needs-reauthorization while ${alive.join()} is alive`] : [];
  });
}

function leftInWorld({ race }: Finished): string[] {
  const { setbacks, parking } = race.world;
  const left: string[] = [];
  if (setbacks.length > 0) left.push('I9: an older generation or version overwrote a newer one');
  if (parking.parked().length > 0) left.push('a successor is parked forever');
  return left;
}

/** What should have been seen to within these days. */
function leftBehind({ race }: Finished, connection: Connection | undefined): string[] {
  const { accessTokens, clock } = race.world;
  const left: string[] = [];
  if (!connection) return left;
  const { connectionId, state, dueAtMs = 0, generation, revocations, lease } = connection;
  const needsWork = STATE_RULES[state].inDueIndex && nextDueAtMs(connection, clock.nowMs()) !== undefined;
  if (needsWork && dueAtMs < clock.nowMs() - LONGEST_SLEEP_MS) left.push('I6: asleep');
  if (state === 'disconnecting') left.push('a disconnect was never finished');
  if (revocations.length > 0) left.push(`${revocations.length} revocations were never made`);
  // A tombstone's lease holds nobody up, and goes with it.
  if (lease && state !== 'disconnected') left.push('a lease was never looked at');
  for (const { record } of accessTokens.items.values()) {
    if (record.connectionId !== connectionId) continue;
    const isUsable = record.kind === 'token' && record.expiresAtMs > clock.nowMs();
    if (isUsable && (record.generation !== generation || !STATE_RULES[state].mayVend)) {
      left.push('I7: a token of an ended generation can be vended');
    }
  }
  return left;
}

function leaks({ race }: Finished): string[] {
  const { ims, telemetry, events } = race.world;
  const secrets = ims.ledger.issued();
  const published = JSON.stringify(events.published);
  const isLeaked = telemetry.leaksOf(secrets).length > 0 || secrets.some((one) => published.includes(one));
  return isLeaked ? ['I8: a token shows in telemetry or in an event'] : [];
}
