import { CELLS, WEAKENINGS } from './cells.ts';
import { checkCell, checkWeakening } from './check-model.ts';
import type { Explored } from './search.ts';

const startedAtMs = performance.now();

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function sayTrace({ found }: Explored): void {
  if (found === undefined) return;
  say(`    ${found.what}, after ${found.trace.length} steps:`);
  for (const step of found.trace) say(`      ${step}`);
}

say('The design, cell by cell');
const cells = CELLS.map((cell) => {
  const result = checkCell(cell);
  say(`  ${result.verdict.padEnd(17)}${String(result.states).padStart(8)} states  ${cell.name}`);
  sayTrace(result);
  return result;
});

say('Weakened designs, with the shortest trace of each');
const weakenings = WEAKENINGS.map((weakening) => {
  const result = checkWeakening(weakening);
  say(`  ${result.verdict.padEnd(12)}${weakening.name} (${weakening.cell.name})`);
  sayTrace(result);
  return result;
});

const violated = cells.filter(({ verdict }) => verdict === 'VIOLATED').length;
const caught = weakenings.filter(({ verdict }) => verdict === 'caught').length;
const figures = {
  cells: cells.length,
  states: cells.reduce((sum, { states }) => sum + states, 0),
  violated,
  honestRemainders: cells.filter(({ verdict }) => verdict === 'honest remainder').length,
  weakenedDesigns: weakenings.length,
  caught,
  seconds: Math.round((performance.now() - startedAtMs) / 100) / 10,
};
say(JSON.stringify(figures));
process.exitCode = violated > 0 || caught < weakenings.length ? 1 : 0;
