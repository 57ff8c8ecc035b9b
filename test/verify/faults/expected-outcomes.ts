import { readFileSync, writeFileSync } from 'node:fs';
import { PROVIDER_MODES } from '../../../local/ims/refresh-token-rules.ts';
import type { FaultyRun } from './run-crash-points.ts';

/** Outcome → the faults and modes it is expected for. */
type Outcomes = Readonly<Record<string, string>>;
/** Scenario → points, separated by commas → outcomes. */
export type Expectations = Readonly<Record<string, Readonly<Record<string, Outcomes>>>>;

const FILE = new URL('./expected-outcomes.json', import.meta.url);

export function readExpectations(): Expectations {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Expectations;
}

export function writeExpectations(expectations: Expectations): void {
  writeFileSync(FILE, `${JSON.stringify(expectations, undefined, 2)}\n`);
}

/** Points that end alike share an entry, faults that end alike share a line; the modes are named where they differ. */
export function expectationsFrom(runs: readonly FaultyRun[]): Expectations {
  const scenarios = distinct(runs.map(({ scenario }) => scenario));
  return Object.fromEntries(
    scenarios.map((scenario) => [scenario, pointsOf(runs.filter((run) => run.scenario === scenario))]),
  );
}

function pointsOf(runs: readonly FaultyRun[]): Record<string, Outcomes> {
  const points = distinct(runs.map(({ point }) => point)).map((point) => {
    const outcomes = outcomesOf(runs.filter((run) => run.point === point));
    return { point, outcomes, text: JSON.stringify(outcomes) };
  });
  return Object.fromEntries(
    distinct(points.map(({ text }) => text)).flatMap((text) => {
      const alike = points.filter((one) => one.text === text);
      return alike[0] ? [[alike.map(({ point }) => point).join(', '), alike[0].outcomes]] : [];
    }),
  );
}

function outcomesOf(runs: readonly FaultyRun[]): Outcomes {
  const lines = distinct(runs.map(({ line }) => line));
  return Object.fromEntries(lines.map((line) => [line, faultsOf(runs.filter((run) => run.line === line))]));
}

/** The differences as text, for review. Empty when there are none. */
export function differences(expected: Expectations, runs: readonly FaultyRun[]): readonly string[] {
  const outcomes = byPlace(expected);
  return runs.flatMap((run) => {
    const there = outcomes.get(placeOf(run));
    const where = `${placeOf(run)} | ${run.detail ?? run.kind} | ${run.mode}`;
    if (!there) return [`${where}: no expectation; it ended: ${run.line}`];
    const faults = there[run.line];
    return faults !== undefined && covers(faults, run) ? [] : [`${where}: unexpected: ${run.line}`];
  });
}

/** Runs that are pinned as one, in one mode, and yet end in different ways: the file could not say which one is right. */
export function ambiguous(runs: readonly FaultyRun[]): readonly string[] {
  const lines = new Map<string, string>();
  return runs.flatMap((run) => {
    const where = `${placeOf(run)} | ${run.kind} | ${run.mode}`;
    const line = lines.get(where) ?? run.line;
    lines.set(where, line);
    return line === run.line
      ? []
      : [`${where}: ends in two ways: ${line} | ${run.detail ?? ''}: ${run.line}`];
  });
}

/** Points of the file that the runs did not meet: the code changed, and the file has to follow. */
export function unmet(expected: Expectations, runs: readonly FaultyRun[]): readonly string[] {
  const met = new Set(runs.map(placeOf));
  return [...byPlace(expected).keys()].filter((place) => !met.has(place));
}

function byPlace(expected: Expectations): ReadonlyMap<string, Outcomes> {
  return new Map(
    Object.entries(expected).flatMap(([scenario, entries]) =>
      Object.entries(entries).flatMap(([points, outcomes]) =>
        points.split(', ').map((point) => [placeOf({ scenario, point }), outcomes] as const),
      ),
    ),
  );
}

function placeOf({ scenario, point }: Pick<FaultyRun, 'scenario' | 'point'>) {
  return `${scenario} | ${point}`;
}

/** Such as `stop, stop-after; fail [strict family]`. */
function faultsOf(runs: readonly FaultyRun[]): string {
  const modesByKind = distinct(runs.map(({ kind }) => kind)).map((kind) => {
    const modes = distinct(runs.filter((run) => run.kind === kind).map(({ mode }) => mode));
    return { kind, modes: modes.length === PROVIDER_MODES.length ? '' : ` [${modes.join(' ')}]` };
  });
  return distinct(modesByKind.map(({ modes }) => modes))
    .map((modes) => {
      const kinds = modesByKind.filter((one) => one.modes === modes).map(({ kind }) => kind);
      return `${kinds.join(', ')}${modes}`;
    })
    .join('; ');
}

function covers(faults: string, { kind, mode }: FaultyRun): boolean {
  return faults.split('; ').some((group) => {
    const [kinds = '', modes] = group.replace(']', '').split(' [');
    return kinds.split(', ').includes(kind) && (modes === undefined || modes.split(' ').includes(mode));
  });
}

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}
