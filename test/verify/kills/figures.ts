import type { ProviderMode } from '../../../local/ims/refresh-token-rules.ts';
import type { KillPhase } from './classify-loss.ts';
import type { KillWorld, Subject } from './kill-world.ts';
import type { RotationPlan } from './rotation-plan.ts';
import { type EndedRotation, inPool, runRotation } from './run-kills.ts';
import type { RotationLog, SeenMoment } from './watch-rotations.ts';

export interface ModeFigures {
  readonly rotations: number;
  readonly killed: number;
  /** Between IMS's consuming the token and the acknowledged or parked successor. */
  readonly killedInWindow: number;
  /** By where the kill fell; `never` are the controls. */
  readonly phases: Readonly<Record<KillPhase, number>>;
  readonly parked: number;
  readonly kept: number;
  readonly lostInWindow: number;
  /** Of those, how many had a worker that was killed after posting, before IMS consumed the token. */
  readonly lostWhilePosting: number;
  readonly lostAfterGrace: number;
  readonly lostOutside: number;
  readonly unclear: number;
}

export interface KillFigures {
  readonly seed: number;
  readonly modes: Partial<Record<ProviderMode, ModeFigures>>;
  readonly window: { readonly plain: WindowFigures; readonly withArtificialLatency: WindowFigures };
  /** What the local stack itself could not do. */
  readonly problems: number;
  readonly ok: boolean;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

export function modeFigures(ended: readonly EndedRotation[]): ModeFigures {
  const found = (finding: string) => ended.filter(({ classified }) => classified.finding === finding);
  const phases: Record<KillPhase, number> = {
    never: 0,
    'before-post': 0,
    posting: 0,
    theirs: 0,
    ours: 0,
    after: 0,
  };
  for (const { classified } of ended) phases[classified.killPhase] += 1;
  return {
    rotations: ended.length,
    killed: ended.length - phases.never,
    killedInWindow: phases.theirs + phases.ours,
    phases,
    parked: ended.filter(({ log }) => log.sightings.some(({ moment }) => moment === 'parked')).length,
    kept: found('kept').length,
    lostInWindow: found('lost-in-window').length,
    lostWhilePosting: found('lost-in-window').filter(({ classified }) => classified.killPhase === 'posting')
      .length,
    lostAfterGrace: found('lost-after-grace').length,
    lostOutside: found('lost-outside').length,
    unclear: found('unclear').length,
  };
}

/** Every loss is explained, and in `reuse` there is none. */
export function keepsThePromise(figures: Pick<KillFigures, 'modes' | 'problems'>): boolean {
  const all = Object.values(figures.modes);
  return figures.problems === 0 && all.every(({ lostOutside, unclear }) => lostOutside + unclear === 0);
}

const COLUMNS = [
  'rotations',
  'killed',
  'killedInWindow',
  'kept',
  'lostInWindow',
  'lostWhilePosting',
  'lostAfterGrace',
  'lostOutside',
] as const;

export function tableOf(modes: KillFigures['modes']): string[] {
  const line = (cells: readonly string[]) =>
    cells.map((cell, at) => cell.padStart(COLUMNS[at - 1]?.length ?? 8)).join('  ');
  return [
    line(['mode', ...COLUMNS]),
    ...Object.entries(modes).map(([mode, figures]) =>
      line([mode, ...COLUMNS.map((column) => String(figures[column]))]),
    ),
  ];
}

export function windowLines(window: KillFigures['window']): string[] {
  return Object.entries(window).flatMap(([name, { rotations, theirsMs, oursMs }]) => [
    `${name} (${rotations} uninterrupted rotations)`,
    `  theirs: IMS consumed the token -> its answer sent: p50 ${theirsMs.p50} ms, p99 ${theirsMs.p99} ms`,
    `  ours: IMS's answer sent -> commit acknowledged: p50 ${oursMs.p50} ms, p99 ${oursMs.p99} ms`,
  ]);
}

/** Losses without an explanation, with all that the stand-ins saw of them and how to see them again. */
export function unexplainedLosses(ended: readonly EndedRotation[], seed: number): string[] {
  return ended
    .filter(({ classified }) => classified.finding === 'lost-outside' || classified.finding === 'unclear')
    .flatMap(({ subject, plan, log, classified }) => [
      `${classified.finding}: ${subject.connectionId} (grace ${subject.graceSeconds}), kill ${classified.killPhase}; ` +
        `again with --seed ${seed} --mode ${subject.mode}`,
      `  planned ${JSON.stringify(plan)}`,
      ...log.sightings.map(
        ({ moment, atMs, atMonotonicMs }) =>
          `  ${new Date(atMs).toISOString()} ${atMonotonicMs.toFixed(1).padStart(10)} ms ${moment}`,
      ),
    ]);
}

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

/** Undisturbed rotations, measured by the stand-ins' clock alone. */
export async function measureWindow(
  world: KillWorld,
  planned: readonly (readonly [Subject, RotationPlan])[],
  atOnce: number,
): Promise<WindowFigures> {
  const parts = await inPool(planned, atOnce, async ([subject, plan]) =>
    partsOf(await runRotation(world, subject, plan)),
  );
  const known = parts.filter((part) => part !== undefined);
  return {
    rotations: known.length,
    theirsMs: quantilesOf(known.map(({ theirsMs }) => theirsMs)),
    oursMs: quantilesOf(known.map(({ oursMs }) => oursMs)),
    wholeMs: quantilesOf(known.map(({ theirsMs, oursMs }) => theirsMs + oursMs)),
  };
}

export function partsOf({ sightings }: Pick<RotationLog, 'sightings'>): Parts | undefined {
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
