import type { KillPhase } from './judge-fate.ts';
import type { WindowFigures } from './measure-window.ts';
import type { ProviderMode } from './rotation-plan.ts';
import type { Struck } from './run-round.ts';

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
  /** Of those, how many had a worker that died after posting, before IMS consumed the token. */
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

export function modeFigures(struck: readonly Struck[]): ModeFigures {
  const found = (finding: string) => struck.filter(({ classified }) => classified.finding === finding);
  const phases: Record<KillPhase, number> = {
    never: 0,
    'before-post': 0,
    posting: 0,
    theirs: 0,
    ours: 0,
    after: 0,
  };
  for (const { classified } of struck) phases[classified.killPhase] += 1;
  return {
    rotations: struck.length,
    killed: struck.length - phases.never,
    killedInWindow: phases.theirs + phases.ours,
    phases,
    parked: struck.filter(({ testimony }) => testimony.sightings.some(({ moment }) => moment === 'parked'))
      .length,
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
