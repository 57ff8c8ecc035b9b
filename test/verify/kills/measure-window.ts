import { inPool } from './in-pool.ts';
import type { KillWorld, Subject } from './kill-world.ts';
import type { RotationPlan } from './rotation-plan.ts';
import { strike } from './strike.ts';
import type { SeenMoment, Testimony } from './witness.ts';

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

/** Real milliseconds between moments at the stand-ins, over loopback. */
export interface WindowFigures {
  readonly rotations: number;
  /** IMS consumed the token → its answer was handed to the network. */
  readonly theirsMs: Quantiles;
  /** That → DynamoDB's acknowledgement of the commit was handed to the network. */
  readonly oursMs: Quantiles;
  readonly wholeMs: Quantiles;
}

interface Parts {
  readonly theirsMs: number;
  readonly oursMs: number;
}

/** Rotations that nobody disturbs, by the stand-ins' clock alone. */
export async function measureWindow(
  world: KillWorld,
  planned: readonly (readonly [Subject, RotationPlan])[],
  atOnce: number,
): Promise<WindowFigures> {
  const parts = await inPool(planned, atOnce, async ([subject, plan]) =>
    partsOf(await strike(world, subject, plan)),
  );
  const known = parts.filter((part) => part !== undefined);
  return {
    rotations: known.length,
    theirsMs: quantilesOf(known.map(({ theirsMs }) => theirsMs)),
    oursMs: quantilesOf(known.map(({ oursMs }) => oursMs)),
    wholeMs: quantilesOf(known.map(({ theirsMs, oursMs }) => theirsMs + oursMs)),
  };
}

export function partsOf({ sightings }: Pick<Testimony, 'sightings'>): Parts | undefined {
  const at = (wanted: SeenMoment): number | undefined =>
    sightings.find(({ moment }) => moment === wanted)?.atMonotonicMs;
  const [consumed, answered, acknowledged] = [at('consumed'), at('answered'), at('acknowledged')];
  if (consumed === undefined || answered === undefined || acknowledged === undefined) return undefined;
  return { theirsMs: answered - consumed, oursMs: acknowledged - answered };
}

/** Nearest rank. */
export function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => {
    const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
    return Math.round(value * 10) / 10;
  };
  return { p50: at(0.5), p99: at(0.99) };
}
