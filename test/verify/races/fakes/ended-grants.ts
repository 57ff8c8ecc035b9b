import type { Connection } from '../../../../functions/core/connection/connection.ts';
import { STATE_RULES } from '../../../../functions/core/connection/connection-states.ts';
import type { StoredOnce } from './race-history.ts';
import type { Finished } from './race-rules.ts';

/**
 * A consent that was ended by a disconnect, an erasure or another user is dead at Adobe, as far as the setting lets the vault
 * revoke it and the vault could know of its tokens.
 */
export function aliveThoughEnded(finished: Finished, connectionId: string): string[] {
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
  // What came too late to be owed is left to expire where its user was back by then.
  return kept.owed.has(token) || backAt === undefined || settledAt(finished, token) < backAt;
}

/** When the run that received a successor was done with it. One that waits in a parking place is not. */
function settledAt({ race, kept }: Finished, token: string): number {
  const post = race.posts.posts.find(({ successor }) => successor === token);
  const run = race.rotateRuns.find(({ process }) => process.name === post?.process);
  return kept.anywhere.has(token) ? Number.POSITIVE_INFINITY : (run?.endedAt ?? Number.POSITIVE_INFINITY);
}

/**
 * A successor that no living process received is known to nobody. And a token that another has displaced can be revoked only
 * while that is known to leave the present one alive.
 */
function isOutOfReach(finished: Finished, token: string): boolean {
  const { plan, kept } = finished;
  if (!kept.anywhere.has(token)) return !wasReceived(finished, token);
  const isDisplaced = plan.mode === 'reuse' && kept.held.has(token) && !kept.owed.has(token);
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
