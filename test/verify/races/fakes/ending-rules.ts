import { tokenDigest } from '../../../../functions/core/access-tokens/access-token-record.ts';
import type { Connection } from '../../../../functions/core/connection/connection.ts';
import { STATE_RULES } from '../../../../functions/core/connection/connection-states.ts';
import { Secret } from '../../../../functions/core/secret.ts';
import type { Ending } from './race-actors.ts';
import type { Finished } from './race-rules.ts';
import { CONNECTION_ID, NEIGHBOUR_ID, SUBJECTS } from './race-start.ts';

/** What must hold from the moment a caller was told that something has ended. Empty is good. */
export function brokenAfterEndings(finished: Finished): readonly string[] {
  return [
    ...outlivedEndings(finished),
    ...vendedAfterItsEnd(finished),
    ...vendedThoughInvalidated(finished),
    ...aliveThoughToldRevoked(finished),
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
      return lives ? [`${ending.does} was answered, and what it found is still connected`] : [];
    }),
  );
}

/** I7: who asks after the answer to a disconnect or an erasure gets no token of what it ended. */
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

/** A token that was invalidated before its caller asked is handed out to nobody. */
function vendedThoughInvalidated({ race, played }: Finished): string[] {
  return played.vended.flatMap(({ token, askedAt }) => {
    const digest = tokenDigest(new Secret(token));
    const invalidated = race.history.cached.some((one) => one.invalidated === digest && one.at < askedAt);
    return invalidated ? [`I7: ${token} was vended after it had been invalidated`] : [];
  });
}

/** A caller that hears that Adobe has ended the cached tokens may rely on it. Of two such callers, each ends what it finds. */
function aliveThoughToldRevoked({ plan, played }: Finished): string[] {
  if (plan.actors.filter(({ does }) => does === 'revoke-access').length > 1) return [];
  return played.answeredRevoked.map(
    (token) => `${token} is alive though its caller was told that Adobe has revoked it`,
  );
}

/** The living connections an ending was about, as they were stored when it began. */
function meantBy(finished: Pick<Finished, 'race'>, { does, askedAt }: Ending): readonly Connection[] {
  const ids = does === 'erase' ? [CONNECTION_ID, NEIGHBOUR_ID] : [CONNECTION_ID];
  return ids.flatMap((connectionId) => {
    const stored = storedAt(finished, connectionId, askedAt);
    if (stored === undefined || !STATE_RULES[stored.state].live) return [];
    return does === 'disconnect' || stored.subject === SUBJECTS.owner ? [stored] : [];
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
