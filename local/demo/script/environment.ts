import type { ImsStandIn } from '../../ims/ims-stand-in.ts';
import type { DemoWorld } from '../world/demo-world.ts';
import type { Transcript } from './transcript.ts';
import { createDemoUser, DEMO_USERS, type DemoUser } from './users.ts';

export type DemoUserName = keyof typeof DEMO_USERS;

/** What every step of the script works with. */
export interface Environment {
  readonly world: DemoWorld;
  readonly transcript: Transcript;
  readonly users: Readonly<Record<DemoUserName, DemoUser>>;
  readonly expiries: ExpiryWatch;
  /** When IMS refused a user's refresh tokens, oldest first. */
  refusalTimes(userKey: string): readonly number[];
  /** When EventBridge received events of this type about the user, oldest first. */
  eventTimes(user: DemoUser, type: string): number[];
  /** Whole days since the beginning. */
  today(): number;
  passUntilDay(day: number): Promise<void>;
}

const DAY_MS = 86_400_000;
/** The reconciler runs hourly; sixty days of that would take most of the time that the demo has. */
const RECONCILE_EVERY_MS = 6 * 3_600_000;

export function createEnvironment(world: DemoWorld, transcript: Transcript): Environment {
  const { ims, stack } = world;
  const startMs = stack.clock.nowMs();
  const expiries = createExpiryWatch(ims);
  const events: { type: string; connectionId: unknown; atMs: number }[] = [];
  stack.events.subscribe((event) => {
    const connectionId: unknown = Reflect.get(Object(event.detail), 'connectionId');
    events.push({ type: event['detail-type'], connectionId, atMs: stack.clock.nowMs() });
  });
  const refusals = new Map<string, number[]>();
  for (const { key, profile } of Object.values(DEMO_USERS)) ims.user(key).profile(profile);

  const look = (nowMs: number): void => {
    expiries.look();
    for (const { key } of Object.values(DEMO_USERS)) {
      const times = refusals.get(key) ?? [];
      const count = Object.values(ims.ledger.user(key).refusals).reduce((sum, one) => sum + one, 0);
      while (times.length < count) times.push(nowMs);
      refusals.set(key, times);
    }
  };

  return {
    world,
    transcript,
    expiries,
    users: {
      strictReader: createDemoUser(world, DEMO_USERS.strictReader.key),
      strictIdler: createDemoUser(world, DEMO_USERS.strictIdler.key),
      reuseReader: createDemoUser(world, DEMO_USERS.reuseReader.key),
      reuseIdler: createDemoUser(world, DEMO_USERS.reuseIdler.key),
      notSliding: createDemoUser(world, DEMO_USERS.notSliding.key),
      revoker: createDemoUser(world, DEMO_USERS.revoker.key),
      leaver: createDemoUser(world, DEMO_USERS.leaver.key),
    },
    refusalTimes: (userKey) => refusals.get(userKey) ?? [],
    eventTimes: (user, type) =>
      events
        .filter((event) => event.type === type && event.connectionId === user.connectionId())
        .map(({ atMs }) => atMs),
    today: () => Math.floor((stack.clock.nowMs() - startMs) / DAY_MS),
    passUntilDay: async (day) => {
      const leftMs = startMs + day * DAY_MS - stack.clock.nowMs();
      if (leftMs > 0)
        await world.controls.passDays(leftMs / DAY_MS, {
          onStop: look,
          recurringEveryMs: RECONCILE_EVERY_MS,
        });
    },
  };
}

/** Counts, at IMS, how often a user's grant ended although it could have been kept. */
export interface ExpiryWatch {
  /** From now on this user must have a refresh token that IMS would accept. */
  watch(userKey: string): void;
  look(): void;
  expiriesOf(userKey: string): number;
}

function createExpiryWatch(ims: Pick<ImsStandIn, 'ledger'>): ExpiryWatch {
  const expiries = new Map<string, number>();
  const expired = new Set<string>();

  return {
    watch: (userKey) => void expiries.set(userKey, expiries.get(userKey) ?? 0),
    look: () => {
      for (const [userKey, count] of expiries) {
        const isAlive = ims.ledger.user(userKey).liveGrants > 0;
        if (!isAlive && !expired.has(userKey)) expiries.set(userKey, count + 1);
        if (isAlive) expired.delete(userKey);
        else expired.add(userKey);
      }
    },
    expiriesOf: (userKey) => expiries.get(userKey) ?? 0,
  };
}
