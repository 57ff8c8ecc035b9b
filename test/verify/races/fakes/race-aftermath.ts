import type { Connection } from '../../../../functions/core/connection/connection.ts';
import { STATE_RULES } from '../../../../functions/core/connection/connection-states.ts';
import { nextDueAtMs } from '../../../../functions/core/connection/due.ts';
import { refreshBinding } from '../../../../functions/core/connection/sealed-token.ts';
import { canBeVended } from '../../faults/outcome-rules.ts';
import { isFalseClaim } from '../race-terms.ts';
import type { StoredOnce } from './race-history.ts';
import type { Finished } from './race-rules.ts';
import { CONNECTION_ID, NEIGHBOUR_ID } from './race-start.ts';
import type { SeenRevocation } from './race-world.ts';

export interface Aftermath {
  readonly broken: readonly string[];
  /** A grant was lost, inside the window. */
  readonly lostInWindow: boolean;
  /** A grant was lost to a revocation of which the setting says, falsely, that it ends less. */
  readonly lostToFalseClaim: boolean;
}

type GrantEnd =
  | 'none'
  | 'kept'
  | 'lost'
  | 'lost in the window'
  | 'lost to a false claim'
  | 'lost to a revocation';

/** Half an hour, an hour to the next run of the reconciler, an hour of spread. */
const LONGEST_SLEEP_MS = 2.5 * 3_600_000;

/** What must hold once the world has gone on for days. `kept` is of then. */
export async function checkAftermath(finished: Finished): Promise<Aftermath> {
  const { strong } = finished.race.world;
  const broken = [...wrongDecisions(finished), ...leaks(finished), ...leftInWorld(finished)];
  const ends: GrantEnd[] = [];
  for (const connectionId of [CONNECTION_ID, NEIGHBOUR_ID]) {
    const connection = strong.memory.connections.get(connectionId);
    broken.push(...aliveThoughEnded(finished, connectionId), ...leftBehind(finished, connection));
    const end = await endOf(finished, connection);
    ends.push(end);
    if (end === 'lost') broken.push('a grant was lost outside the window');
    if (end === 'lost to a revocation') broken.push('a revocation ended a grant that was to be kept');
    const isVended = end !== 'kept' || (await canBeVended(strong, connection));
    if (!isVended) broken.push('no live access token can be had');
  }
  return {
    broken,
    lostInWindow: ends.includes('lost in the window'),
    lostToFalseClaim: ends.includes('lost to a false claim'),
  };
}

async function endOf(finished: Finished, connection: Connection | undefined): Promise<GrantEnd> {
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
  finished: Finished,
  { connectionId, generation }: Connection,
  present: string,
): GrantEnd | undefined {
  const { race, plan, kept } = finished;
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
  if (underWayAt > ending.lookedAt || isBeforeItsMark(finished, connectionId, root, ending))
    return 'lost in the window';
  return 'lost to a revocation';
}

/**
 * The documented limit: the vault learns only from the exchange whose other connections it has to mark. A revocation that
 * looked before these marks were written did not find the consent, unless the consent's own connection was among what it
 * looked at: that one was marked before.
 */
function isBeforeItsMark(
  { race, played }: Finished,
  connectionId: string,
  root: string,
  { looks, lookedAt }: SeenRevocation,
): boolean {
  const callback = played.callbacks.find(({ code }) => code === race.world.families.codeOf(root));
  if (callback === undefined || looks === undefined) return false;
  if (looks.has(connectionId) && callback.sawConnection !== false) return false;
  const sawMark = [...looks].some(([id, at]) => {
    const ofIt = race.history.stored.filter(({ connection }) => connection.connectionId === id);
    return ofIt.findLast((one) => one.at <= at)?.connection.consentUnderWay !== undefined;
  });
  if (sawMark) return false;
  const { process, askedAt = 0, marks } = callback;
  const isMarkedLater = marks.some((mark) => mark.at > (looks.get(mark.connectionId) ?? mark.at));
  return askedAt > lookedAt || isMarkedLater || process?.isDead === true;
}

/**
 * The provider forgives no second post, and gave a successor of the present consent that no process received, or whose
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

/** I5: no connection was called needs-reauthorization while its grant was alive. */
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
  if (needsWork && dueAtMs < clock.nowMs() - LONGEST_SLEEP_MS) left.push('I6: no work is scheduled');
  if (state === 'disconnecting') left.push('a disconnect was never finished');
  if (revocations.length > 0) left.push(`${revocations.length} revocations were never made`);
  // A tombstone's lease blocks nothing, and goes with it.
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

/**
 * A consent that was ended by a disconnect, an erasure or another user is dead at Adobe, as far as the setting lets the vault
 * revoke it and the vault could know of its tokens.
 */
function aliveThoughEnded(finished: Finished, connectionId: string): string[] {
  const { race, kept } = finished;
  const generations = race.history.stored
    .filter(({ connection }) => connection.connectionId === connectionId)
    .filter(({ connection }, at, all) => all[at - 1]?.connection.generation !== connection.generation);
  return generations.flatMap((ended, at) => {
    const first = kept.firstOf.get(ended.connection.generation);
    const next = generations[at + 1];
    if (first === undefined || next === undefined || isSameUser(ended.connection, next.connection)) return [];
    const alive = tokensAlive(finished, first).filter((token) => shouldBeDead(finished, ended, next, token));
    return alive.length === 0 ? [] : [`ended, but alive at IMS: ${alive.join()}`];
  });
}

function tokensAlive({ race }: Finished, first: string): readonly string[] {
  const { families, ims } = race.world;
  const root = families.of(first);
  return ims.ledger.liveRefreshTokens().filter((token) => families.of(token) === root);
}

function shouldBeDead(finished: Finished, ended: StoredOnce, next: StoredOnce, token: string): boolean {
  const { plan, kept } = finished;
  if (plan.revocation.ends === 'token' && isOutOfReach(finished, token)) return false;
  const backAt = livedOnAt(finished, ended.connection, next.at);
  if (plan.revocation.scope !== 'token') return backAt === undefined;
  // What came too late to be revoked is left to expire where its user was back by then.
  return kept.toRevoke.has(token) || backAt === undefined || settledAt(finished, token) < backAt;
}

/** When the run that received a successor was done with it. One that waits in a parking place is not. */
function settledAt({ race, kept }: Finished, token: string): number {
  const post = race.posts.posts.find(({ successor }) => successor === token);
  const run = race.rotateRuns.find(({ process }) => process.name === post?.process);
  return kept.anywhere.has(token) ? Number.POSITIVE_INFINITY : (run?.endedAt ?? Number.POSITIVE_INFINITY);
}

/**
 * No living process knows a successor that none received. And a token that another has displaced can be revoked only
 * while that is known to leave the present one alive.
 */
function isOutOfReach(finished: Finished, token: string): boolean {
  const { plan, kept } = finished;
  if (!kept.anywhere.has(token)) return !wasReceived(finished, token);
  const isDisplaced = plan.mode === 'reuse' && kept.held.has(token) && !kept.toRevoke.has(token);
  return isDisplaced && plan.revocation.scope !== 'token';
}

function wasReceived({ race }: Finished, token: string): boolean {
  return race.posts.posts.some(({ successor, wasDelivered, process }) => {
    const isDead = race.processes.some(({ name, isDead }) => name === process && isDead);
    return successor === token && wasDelivered && !isDead;
  });
}

/** Since when another consent of the same person was alive: Adobe may revoke per user. */
function livedOnAt({ race }: Finished, ended: Connection, sinceAt: number): number | undefined {
  const { stored } = race.history;
  const ids = new Set(stored.map(({ connection }) => connection.connectionId));
  const moments = [...ids].flatMap((connectionId) => {
    const ofIt = stored.filter(({ connection }) => connection.connectionId === connectionId);
    const atThatTime = ofIt.findLast(({ at }) => at <= sinceAt);
    return [...(atThatTime ? [atThatTime] : []), ...ofIt.filter(({ at }) => at > sinceAt)]
      .filter(({ connection }) => connection.generation !== ended.generation && isSameUser(ended, connection))
      .map(({ at }) => at);
  });
  return moments.length === 0 ? undefined : Math.min(...moments);
}

function isSameUser(one: Connection, other: Connection): boolean {
  return STATE_RULES[other.state].live && other.subject === one.subject;
}
