import { tokenDigest } from '../../../../functions/core/access-tokens/access-token-record.ts';
import type { Connection } from '../../../../functions/core/connection/connection.ts';
import { STATE_RULES } from '../../../../functions/core/connection/connection-states.ts';
import { marking } from '../../../../functions/core/connection/consent-under-way.ts';
import { nextDueAtMs } from '../../../../functions/core/connection/due.ts';
import { PUBLISHING_MS } from '../../../../functions/core/rotation/time-budget.ts';
import { Secret } from '../../../../functions/core/secret.ts';
import type { Ending, Played } from './race-actors.ts';
import type { KeptTokens } from './race-history.ts';
import type { Actor, RacePlan } from './race-plan.ts';
import { CONNECTION_ID, NEIGHBOUR_ID, SUBJECTS } from './race-start.ts';
import type { Race } from './race-world.ts';

export interface Finished {
  readonly plan: RacePlan;
  readonly race: Race;
  readonly played: Played;
  readonly kept: KeptTokens;
  /** How long the race took, on the clock of the world. */
  readonly tookMs: number;
}

/** What must hold of everything that happened in the race. Empty is good. */
export function brokenInRace(finished: Finished): readonly string[] {
  return [
    ...errors(finished),
    ...rivalPosts(finished),
    ...postsAfterCommit(finished),
    ...droppedSuccessors(finished),
    ...foreignTokens(finished),
    ...cacheSetbacks(finished),
    ...costlyLosers(finished),
    ...needlessPosts(finished),
    ...brokenAfterEndings(finished),
  ];
}

function errors({ race, played, plan }: Finished): string[] {
  const unended = plan.actors.filter((_, at) => played.answers[at] === undefined);
  return [
    ...[...played.errors, ...race.faults].map((error) => `ERROR ${String(error)}`),
    ...unended.map(({ kind }) => `${kind} never ended`),
  ];
}

/** I1: one redeemer of a refresh token at a time, counted by what IMS saw. */
function rivalPosts({ race }: Finished): string[] {
  return race.posts.rivals.map((token) => `I1: two processes posted ${token} at the same time`);
}

/** I4: a used token whose successor is stored is not posted again. */
function postsAfterCommit({ race, kept }: Finished): string[] {
  return race.posts.posts.flatMap((post) => {
    const committed = race.posts.posts.some(
      ({ token, successor }) =>
        token === post.token &&
        successor !== undefined &&
        (kept.asPresent.get(successor) ?? Number.POSITIVE_INFINITY) < post.sentAt,
    );
    return committed ? [`I4: ${post.token} was posted after its successor was committed`] : [];
  });
}

/** I2: a process that received a successor and did not crash has stored it, unless its consent had ended. */
function droppedSuccessors({ race, kept }: Finished): string[] {
  const { families, memory } = race.world;
  const present = new Set(
    [...memory.connections.values()].map(({ generation }) => kept.firstOf.get(generation)),
  );
  return race.posts.posts.flatMap(({ token, successor, wasDelivered, process }) => {
    if (successor === undefined || !wasDelivered || kept.anywhere.has(successor)) return [];
    const isDead = race.processes.some(({ name, isDead }) => name === process && isDead);
    const hasEnded = !present.has(families.of(token));
    return isDead || hasEnded ? [] : [`I2: ${process} received ${successor} and stored it nowhere`];
  });
}

/** I7: a vended token is of a consent that was the connection's own while its caller waited. */
function foreignTokens({ race, played, kept }: Finished): string[] {
  const { families } = race.world;
  return played.vended.flatMap(({ scopeSet, token, askedAt, answeredAt, lifeLeftMs }) => {
    if (lifeLeftMs <= 0) return [`I7: a token past its end was vended: ${token}`];
    const isOwn = [...kept.firstOf].some(([generation, first]) => {
      if (families.of(first) !== families.of(token)) return false;
      const began = race.history.stored.find(({ connection }) => connection.generation === generation);
      const covered = race.history.cached.find(
        (written) => written.scopeSet === scopeSet && written.generation > generation,
      );
      return (began?.at ?? 0) <= answeredAt && (covered?.at ?? Number.POSITIVE_INFINITY) >= askedAt;
    });
    return isOwn ? [] : [`I7: a token of another consent was vended: ${token}`];
  });
}

/** I9 for the cache: neither a token nor a tombstone gives way to something older. */
function cacheSetbacks({ race }: Finished): string[] {
  const { cached } = race.history;
  const isOlder = (one: (typeof cached)[number], earlier: (typeof cached)[number]) =>
    one.generation < earlier.generation ||
    (one.generation === earlier.generation &&
      one.invalidated === undefined &&
      (one.version ?? 0) < (earlier.version ?? 0));
  return cached.flatMap((one, at) => {
    const ofPlace = cached.slice(0, at).filter((earlier) => isOfOnePlace(earlier, one));
    // Past a token that was invalidated, any of its generation may be published.
    const before = ofPlace.slice(ofPlace.findLastIndex(({ invalidated }) => invalidated !== undefined) + 1);
    return before.some((earlier) => isOlder(one, earlier))
      ? ['I9: the cache went back to an older token']
      : [];
  });
}

function isOfOnePlace(
  one: Finished['race']['history']['cached'][number],
  other: Finished['race']['history']['cached'][number],
): boolean {
  return one.connectionId === other.connectionId && one.scopeSet === other.scopeSet;
}

/** A run that finds the work done or under way calls KMS for nothing, unless it found a parked answer and opened that. */
function costlyLosers({ race }: Finished): string[] {
  const revokes = race.history.stored.some(({ connection }) => connection.revocations.length > 0);
  return race.rotateRuns.flatMap(({ process, outcome, request }) => {
    const isLoser = outcome === 'busy' || outcome === 'already-fresh';
    const mayRevoke = (revokes && request.trigger !== 'vend') || request.trigger === 'revoke-access';
    if (!isLoser || process.kmsCalls === 0 || mayRevoke || openedWhatWasParked(process.points)) return [];
    return [`${process.name} lost (${outcome}) after ${process.kmsCalls} calls of KMS`];
  });
}

function openedWhatWasParked(points: readonly string[]): boolean {
  const first = points.findIndex((point) => point.startsWith('opener.') || point.startsWith('sealer.'));
  return points[first] === 'opener.open' && points[first - 1] === 'parking.find';
}

const ASKING: ReadonlySet<Actor['kind']> = new Set(['vend', 'vend-rotate', 'schedule', 'reconcile']);

/** Without faults, any number of callers costs one POST. */
function needlessPosts({ plan, race, tookMs }: Finished): string[] {
  const onlyAsked = plan.actors.every(({ kind }) => ASKING.has(kind));
  if (!onlyAsked || plan.faults.length > 0 || tookMs >= PUBLISHING_MS) return [];
  const count = race.posts.posts.length;
  const asked = plan.actors.some(({ kind }) => kind === 'vend' || kind === 'vend-rotate');
  const renewable = plan.start === 'young' || plan.start === 'due' || plan.start === 'expired';
  if (count > 1) return [`${count} posts although nothing failed`];
  return asked && renewable && count === 0 ? ['no post although a token was required'] : [];
}

/** A revocation may wait for a consent of the same person under another id, also when that has ended since. */
function afterConsents(connection: Connection, nowMs: number): Connection {
  return { ...connection, consentUnderWay: marking({}, '', nowMs) };
}

/** I6: whatever a connection needs next when the race is over, its due time comes no later. */
export function missingDue(race: Race): string[] {
  const nowMs = race.world.clock.nowMs();
  return [...race.world.memory.connections.values()].flatMap((connection) => {
    const neededAtMs = nextDueAtMs(afterConsents(connection, nowMs), nowMs);
    if (!STATE_RULES[connection.state].inDueIndex || neededAtMs === undefined) return [];
    const { dueAtMs = Number.POSITIVE_INFINITY } = connection;
    return dueAtMs <= neededAtMs ? [] : [`I6: the due time comes ${dueAtMs - neededAtMs} ms too late`];
  });
}

/** What must hold from the moment a caller was answered that something has ended. Empty is good. */
function brokenAfterEndings(finished: Finished): readonly string[] {
  return [
    ...outlivedEndings(finished),
    ...vendedAfterItsEnd(finished),
    ...vendedThoughInvalidated(finished),
    ...aliveThoughReportedRevoked(finished),
  ];
}

/** I7, as the cache stands when the race is over: nothing is left to be vended of what an answered ending has ended. */
export function leftInCache(over: Pick<Finished, 'race' | 'played'>): readonly string[] {
  const { accessTokens, clock } = over.race.world;
  const records = [...accessTokens.items.values()].map(({ record }) => record);
  return over.played.endings.flatMap((ending) => {
    const isMeant = meantBy(over, ending).some(({ connectionId }) => connectionId === CONNECTION_ID);
    const ended = generationThatEnded(over, ending);
    const left = records.filter(
      (record) =>
        record.connectionId === CONNECTION_ID &&
        record.kind === 'token' &&
        record.generation < ended &&
        record.expiresAtMs > clock.nowMs(),
    );
    return isMeant && left.length > 0 ? ['I7: a token is left in the cache after its end was answered'] : [];
  });
}

/** What an ending found, and could not but end, is not the connection any more when its caller is answered. */
function outlivedEndings(finished: Finished): string[] {
  return finished.played.endings.flatMap((ending) =>
    meantBy(finished, ending).flatMap(({ connectionId, generation }) => {
      const present = storedAt(finished, connectionId, ending.answeredAt);
      const lives = present?.generation === generation && STATE_RULES[present.state].live;
      return lives ? [`${ending.kind} was answered, and what it found is still connected`] : [];
    }),
  );
}

/** I7: a request after a completed disconnect or erasure gets no token of the connections that it ended. */
function vendedAfterItsEnd(finished: Finished): string[] {
  const { played } = finished;
  return played.vended.flatMap(({ token, askedAt }) => {
    const generation = generationOf(finished, token);
    if (generation === undefined) return [];
    const ended = played.endings.some(
      (ending) =>
        ending.answeredAt < askedAt &&
        meantBy(finished, ending).some((met) => met.connectionId === CONNECTION_ID) &&
        generation < generationThatEnded(finished, ending),
    );
    return ended ? [`I7: ${token} was vended after its end had been answered`] : [];
  });
}

/** A token that was invalidated before its caller asked is never handed out. */
function vendedThoughInvalidated({ race, played }: Finished): string[] {
  return played.vended.flatMap(({ token, askedAt }) => {
    const digest = tokenDigest(new Secret(token));
    const invalidated = race.history.cached.some((one) => one.invalidated === digest && one.at < askedAt);
    return invalidated ? [`I7: ${token} was vended after it had been invalidated`] : [];
  });
}

/** A caller that is answered that Adobe has ended the cached tokens may rely on it. Of two such callers, each ends what it finds. */
function aliveThoughReportedRevoked({ plan, played }: Finished): string[] {
  if (plan.actors.filter(({ kind }) => kind === 'revoke-access').length > 1) return [];
  return played.answeredRevoked.map(
    (token) => `${token} is alive though its caller was answered that Adobe has revoked it`,
  );
}

/** The living connections an ending was about, as they were stored when it began. */
function meantBy(finished: Pick<Finished, 'race'>, { kind, askedAt }: Ending): readonly Connection[] {
  const ids = kind === 'erase' ? [CONNECTION_ID, NEIGHBOUR_ID] : [CONNECTION_ID];
  return ids.flatMap((connectionId) => {
    const stored = storedAt(finished, connectionId, askedAt);
    if (stored === undefined || !STATE_RULES[stored.state].live) return [];
    return kind === 'disconnect' || stored.subject === SUBJECTS.owner ? [stored] : [];
  });
}

/** The generation of the disconnect that an ending brought in or found. */
function generationThatEnded({ race }: Pick<Finished, 'race'>, { answeredAt }: Ending): string {
  const ended = race.history.stored.filter(
    ({ at, connection: { connectionId, state } }) =>
      at <= answeredAt && connectionId === CONNECTION_ID && state === 'disconnecting',
  );
  return ended.at(-1)?.connection.generation ?? '';
}

function storedAt(
  { race }: Pick<Finished, 'race'>,
  connectionId: string,
  moment: number,
): Connection | undefined {
  return race.history.stored.findLast(
    ({ at, connection }) => at <= moment && connection.connectionId === connectionId,
  )?.connection;
}

function generationOf({ race, kept }: Finished, token: string): string | undefined {
  const root = race.world.families.of(token);
  return [...kept.firstOf].find(([, first]) => race.world.families.of(first) === root)?.[0];
}
