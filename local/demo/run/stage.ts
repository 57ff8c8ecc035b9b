import type { DemoWorld } from '../world/demo-world.ts';
import { CAST } from './cast.ts';
import { createExpiryWatch, type ExpiryWatch } from './expiry-watch.ts';
import { createPerson, type Person } from './person.ts';
import type { Transcript } from './transcript.ts';

export type CastName = keyof typeof CAST;

/** What every scene plays on. */
export interface Stage {
  readonly world: DemoWorld;
  readonly transcript: Transcript;
  readonly people: Readonly<Record<CastName, Person>>;
  readonly expiries: ExpiryWatch;
  /** When IMS refused a user's refresh tokens, oldest first. */
  refusalTimes(userKey: string): readonly number[];
  /** When EventBridge was given events about somebody, oldest first. */
  eventTimes(person: Person, type: string): number[];
  /** Whole days since the beginning. */
  today(): number;
  passUntilDay(day: number): Promise<void>;
}

const DAY_MS = 86_400_000;
/** The reconciler runs hourly; sixty days of that would take most of the time that the demo has. */
const RECONCILE_EVERY_MS = 6 * 3_600_000;

export function createStage(world: DemoWorld, transcript: Transcript): Stage {
  const { ims, stack } = world;
  const startMs = stack.clock.nowMs();
  const expiries = createExpiryWatch(ims);
  const events: { type: string; connectionId: unknown; atMs: number }[] = [];
  stack.events.subscribe((event) => {
    const connectionId: unknown = Reflect.get(Object(event.detail), 'connectionId');
    events.push({ type: event['detail-type'], connectionId, atMs: stack.clock.nowMs() });
  });
  const refusals = new Map<string, number[]>();
  for (const { key, profile } of Object.values(CAST)) ims.user(key).profile(profile);

  const look = (nowMs: number): void => {
    expiries.look();
    for (const { key } of Object.values(CAST)) {
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
    people: {
      strictReader: createPerson(world, CAST.strictReader.key),
      strictIdler: createPerson(world, CAST.strictIdler.key),
      reuseReader: createPerson(world, CAST.reuseReader.key),
      reuseIdler: createPerson(world, CAST.reuseIdler.key),
      notSliding: createPerson(world, CAST.notSliding.key),
      revoker: createPerson(world, CAST.revoker.key),
      leaver: createPerson(world, CAST.leaver.key),
    },
    refusalTimes: (userKey) => refusals.get(userKey) ?? [],
    eventTimes: (person, type) =>
      events
        .filter((event) => event.type === type && event.connectionId === person.connectionId())
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
