import { printable } from './printable.ts';

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

/** One line per fact; what is not known is left out. */
export function formatFacts(facts: Readonly<Record<string, string | undefined>>): string {
  const known = Object.entries(facts).filter((fact): fact is [string, string] => fact[1] !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`).join('\n');
}
