import type { CliWorld } from './cli-world.ts';

/** Where a command prints: one result to stdout, progress to stderr. */
export interface Output {
  readonly json: boolean;
  /** The one result: a document for scripts, or text for people. */
  result(document: object, human: string): void;
  /** A part of the result that is known already, for people. */
  line(human: string): void;
  /** Progress, for a user who waits. */
  progress(sentence: string): void;
}

export function createOutput(world: Pick<CliWorld, 'stdout' | 'stderr'>, json: boolean): Output {
  return {
    json,
    result: (document, human) =>
      world.stdout(`${json ? JSON.stringify(document, undefined, 2) : printableLines(human)}\n`),
    line: (human) => {
      if (!json) world.stdout(`${printableLines(human)}\n`);
    },
    progress: (sentence) => world.stderr(`${printableLines(sentence)}\n`),
  };
}

/** Columns as wide as their widest cell; no line ends in white space. */
export function formatTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heading.map((cell) => cell.toUpperCase()), ...rows];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => printable(line[column]).length)));
  return lines
    .map((line) =>
      widths
        .map((width, column) => printable(line[column]).padEnd(width))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** One line per fact. Unknown facts are left out. */
export function formatFacts(facts: Readonly<Record<string, string | undefined>>): string {
  const known = Object.entries(facts).filter((fact): fact is [string, string] => fact[1] !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`).join('\n');
}

/** Text from a server or a table must not move the cursor or color the terminal. */
export function printable(cell = ''): string {
  return cell.replaceAll(/\p{C}/gu, '?');
}

/** The same for a text of several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
