import { refreshBinding } from '../../../functions/core/application/rotation/prepare.ts';
import type { Connection } from '../../../functions/core/domain/connection.ts';
import { STATE_RULES } from '../../../functions/core/domain/connection-states.ts';
import { canBeVended } from '../../crash-points/aftermath.ts';
import type { Finished } from './race-rules.ts';
import { CONNECTION_ID } from './race-start.ts';

export interface Aftermath {
  readonly broken: readonly string[];
  /** A grant was lost, inside the window. */
  readonly lostInWindow: boolean;
}

/** Half an hour, an hour to the next run of the guard, an hour of spread. */
const LONGEST_SLEEP_MS = 2.5 * 3_600_000;

/** What must hold once the world has gone on for days. `kept` is of then. */
export async function judgeAftermath(finished: Finished): Promise<Aftermath> {
  const { strong } = finished.race.world;
  const connection = strong.memory.connections.get(CONNECTION_ID);
  const broken = [
    ...wrongVerdicts(finished),
    ...aliveThoughEnded(finished, connection),
    ...leftBehind(finished, connection),
    ...leaks(finished),
  ];
  if (!connection || !STATE_RULES[connection.state].mayRotate) return { broken, lostInWindow: false };
  if (await isAlive(finished, connection)) {
    const vended = await canBeVended(strong, connection);
    return { broken: vended ? broken : [...broken, 'no live access token can be had'], lostInWindow: false };
  }
  const lostInWindow = isInWindow(finished, connection);
  return { broken: lostInWindow ? broken : [...broken, 'a grant was lost outside the window'], lostInWindow };
}

async function isAlive({ race }: Finished, connection: Connection): Promise<boolean> {
  const { sealing, ims } = race.world;
  const { refresh } = connection;
  if (!refresh) return false;
  const token = await sealing.opener.open(refresh.sealed, refreshBinding(connection, refresh));
  return ims.ledger.isLive(token.reveal());
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
    return !wasDelivered || race.processes.some(({ name, dead }) => name === process && dead);
  });
}

/** I5: nobody was told that the user has to consent again while the grant was alive. */
function wrongVerdicts({ race, kept }: Finished): string[] {
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

/** What should have been seen to within these days. */
function leftBehind({ race }: Finished, connection: Connection | undefined): string[] {
  const { setbacks, parking, accessTokens, clock } = race.world;
  const left: string[] = [];
  if (setbacks.length > 0) left.push('I9: an older generation or version overwrote a newer one');
  if (parking.parked().length > 0) left.push('a successor is parked for ever');
  if (!connection) return left;
  const { state, wakeAtMs = 0, generation, revocations, lease } = connection;
  if (STATE_RULES[state].inWake && wakeAtMs < clock.nowMs() - LONGEST_SLEEP_MS) left.push('I6: asleep');
  if (state === 'disconnecting') left.push('a disconnect was never finished');
  if (revocations.length > 0) left.push(`${revocations.length} revocations were never made`);
  if (lease) left.push('a lease was never looked at');
  for (const { record } of accessTokens.items.values()) {
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
