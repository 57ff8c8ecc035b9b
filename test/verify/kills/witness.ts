import type { CallMoment } from '../../../local/aws/aws-endpoint.ts';
import type { RefreshPostMoment } from '../../../local/ims/ledger.ts';
import type { VaultWorld } from '../../support/vault/vault-world.ts';
import type { RotationMoment } from './rotation-plan.ts';
import { aboutConnection, parkedConnection, storesVersionOf } from './stand-in-calls.ts';

export type SeenMoment = RotationMoment | 'unheard' | 'parked' | 'killed';

export interface Sighting {
  readonly moment: SeenMoment;
  /** The stand-ins' monotonic clock: real milliseconds. */
  readonly atMonotonicMs: number;
  /** The world's own time. */
  readonly atMs: number;
}

/** All that the stand-ins saw of one connection since it was told to watch. */
export interface Testimony {
  readonly sightings: readonly Sighting[];
  /** Adds what happened just now, or at the given moment. */
  note(moment: SeenMoment, at?: Pick<Sighting, 'atMonotonicMs' | 'atMs'>): void;
  now(): Pick<Sighting, 'atMonotonicMs' | 'atMs'>;
  /** Calls back once, at the first sighting of the moment, past ones included. */
  once(moment: SeenMoment, then: () => void): void;
}

export interface Witness {
  /** Begins again for a connection and its user at IMS. */
  watch(connectionId: string, user: string): Testimony;
  stop(): void;
}

/** Looks at IMS, DynamoDB and Scheduler from outside: nothing here is told by the code under test. */
export function createWitness({ stack, ims, clock }: Pick<VaultWorld, 'stack' | 'ims' | 'clock'>): Witness {
  const byConnection = new Map<string, OpenTestimony>();
  const byUser = new Map<string, OpenTestimony>();

  const see = (testimony: OpenTestimony | undefined, moment: SeenMoment, atMonotonicMs: number): void =>
    testimony?.add({ moment, atMonotonicMs, atMs: clock.nowMs() });

  const seeCall = ({ call, moment, status, atMonotonicMs }: CallMoment): void => {
    if (moment === 'arrived') {
      const read = call.operation === 'GetItem' ? aboutConnection(call) : undefined;
      if (read !== undefined) see(byConnection.get(read), 'began', atMonotonicMs);
      return;
    }
    if (status !== 200 || moment === 'unheard') return;
    const stored = storesVersionOf(call);
    if (stored !== undefined) {
      see(byConnection.get(stored), moment === 'done' ? 'stored' : 'acknowledged', atMonotonicMs);
    }
    const parked = moment === 'done' ? parkedConnection(call) : undefined;
    if (parked !== undefined) see(byConnection.get(parked), 'parked', atMonotonicMs);
  };
  const seePost = ({ user, moment, atMonotonicMs }: RefreshPostMoment): void =>
    see(byUser.get(user), moment, atMonotonicMs);
  const ends = [stack.watchCalls(seeCall), ims.ledger.watchRefreshPosts(seePost)];

  return {
    watch(connectionId, user) {
      const testimony = openTestimony(() => clock.nowMs());
      byConnection.set(connectionId, testimony);
      byUser.set(user, testimony);
      return testimony;
    },
    stop() {
      for (const end of ends) end();
    },
  };
}

interface OpenTestimony extends Testimony {
  add(sighting: Sighting): void;
}

function openTestimony(nowMs: () => number): OpenTestimony {
  const sightings: Sighting[] = [];
  let waiting: { moment: SeenMoment; then: () => void }[] = [];
  const add = (sighting: Sighting): void => {
    sightings.push(sighting);
    const due = waiting.filter(({ moment }) => moment === sighting.moment);
    waiting = waiting.filter((wait) => !due.includes(wait));
    for (const { then } of due) then();
  };
  const now = () => ({ atMonotonicMs: performance.now(), atMs: nowMs() });
  return {
    sightings,
    add,
    now,
    note: (moment, at = now()) => add({ moment, ...at }),
    once(moment, then) {
      if (sightings.some((sighting) => sighting.moment === moment)) then();
      else waiting.push({ moment, then });
    },
  };
}
