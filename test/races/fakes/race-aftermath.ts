import type { Connection } from '../../../functions/core/domain/connection.ts';
import { STATE_RULES } from '../../../functions/core/domain/connection-states.ts';
import { brokenRules, canBeVended, type Facts, grantOf } from '../../crash-points/aftermath.ts';
import type { Finished } from './race-rules.ts';
import { CONNECTION_ID } from './race-start.ts';

export interface Aftermath {
  readonly broken: readonly string[];
  /** A grant was lost, inside the window. */
  readonly lostInWindow: boolean;
}

/** What must hold once the world has gone on for days. `kept` is of then. */
export async function judgeAftermath(finished: Finished): Promise<Aftermath> {
  const { race, plan, kept } = finished;
  const { strong } = race.world;
  const connection = strong.memory.connections.get(CONNECTION_ID);
  const grant = await grantIn(finished, connection);
  const facts: Facts = {
    told: '',
    toldAgain: undefined,
    connection,
    grant,
    endedInWindow: isInWindow(finished, connection),
    doubleSpends: 0,
  };
  const scenario = {
    name: 'race',
    timeoutMs: 0,
    grant: plan.start === 'nothing' ? 'begins' : 'holds',
    losesAnswers: true,
    prepare: () => Promise.reject(new Error('A race is prepared elsewhere.')),
  } as const;
  const broken = await brokenRules(strong, scenario, facts, 'stop', undefined);
  if (grant === 'kept' && !(await canBeVended(strong, connection))) {
    broken.push('no live access token can be had');
  }
  broken.push(...wrongVerdicts(finished, kept), ...aliveThoughEnded(finished, connection));
  return { broken, lostInWindow: grant === 'lost' };
}

async function grantIn({ race }: Finished, connection: Connection | undefined): Promise<Facts['grant']> {
  if (!connection) return 'none';
  if (connection.state === 'disconnecting' || connection.state === 'disconnected') return 'revoked';
  return grantOf(race.world.strong, { connectionId: CONNECTION_ID, subject: '', run: async () => '' });
}

/** IMS gave a successor of the present consent which nobody received, or whose receiver died before it was stored. */
function isInWindow({ race, kept }: Finished, connection: Connection | undefined): boolean {
  const { families } = race.world;
  const first = connection && kept.firstOf.get(connection.generation);
  if (first === undefined) return false;
  return race.posts.posts.some(({ token, successor, wasDelivered, process }) => {
    if (successor === undefined || kept.anywhere.has(successor)) return false;
    if (families.of(token) !== families.of(first)) return false;
    return !wasDelivered || race.processes.some(({ name, dead }) => name === process && dead);
  });
}

/** I5: nobody was told that the user has to consent again while the grant was alive. */
function wrongVerdicts({ race }: Finished, kept: Finished['kept']): string[] {
  const condemned = race.history.stored.filter(
    ({ connection }) => connection.state === 'needs-reauthorization',
  );
  const generations = new Set(condemned.map(({ connection }) => connection.generation));
  return [...generations].flatMap((generation) => {
    const root = race.world.families.of(kept.firstOf.get(generation) ?? '');
    const alive = race.world.ims.ledger
      .liveRefreshTokens()
      .filter((token) => race.world.families.of(token) === root && kept.anywhere.has(token));
    return alive.length > 0 ? [`I5: called needs-reauthorization while ${alive.join()} is alive`] : [];
  });
}

/** A consent that was ended by a disconnect or by another user is dead at IMS, unless its user came back. */
function aliveThoughEnded({ race, kept }: Finished, last: Connection | undefined): string[] {
  const { families, ims } = race.world;
  const generations = race.history.stored.filter(
    ({ connection }, at, all) => all[at - 1]?.connection.generation !== connection.generation,
  );
  return generations.flatMap(({ connection }, at) => {
    const first = kept.firstOf.get(connection.generation);
    const next = generations[at + 1]?.connection;
    if (first === undefined || next === undefined || isSameUser(connection, next)) return [];
    const after = generations.slice(at + 1).map((one) => one.connection);
    const cameBack = after.some((one) => isSameUser(connection, one)) || isSameUser(connection, last);
    const alive = ims.ledger.liveRefreshTokens().filter((token) => families.of(token) === families.of(first));
    return cameBack || alive.length === 0 ? [] : [`ended, but alive at IMS: ${alive.join()}`];
  });
}

function isSameUser(one: Connection, other: Connection | undefined): boolean {
  return other !== undefined && STATE_RULES[other.state].live && other.subject === one.subject;
}
