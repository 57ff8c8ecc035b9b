/** The printed record of a run, and whether everything came as expected. */
export interface Transcript {
  title(text: string): void;
  say(text: string): void;
  /** Prints whether it came as expected. */
  expect(sentence: string, holds: boolean, found?: string): void;
  table(rows: readonly (readonly string[])[]): void;
  /** The sentences that did not hold. */
  failures(): readonly string[];
}

export interface TranscriptDeps {
  readonly write: (line: string) => void;
  /** The stack's time; days count from the first call. */
  readonly nowMs: () => number;
}

const DAY_MS = 86_400_000;

export function createTranscript({ write, nowMs }: TranscriptDeps): Transcript {
  const startMs = nowMs();
  const failures: string[] = [];
  const day = (): string => `Day ${String(Math.floor((nowMs() - startMs) / DAY_MS)).padStart(2)}`;
  const line = (text: string): void => write(`${day()}  ${text}`);

  return {
    title: (text) => write(`\n${text}`),
    say: (text) => line(`   ${text}`),
    expect: (sentence, holds, found) => {
      if (!holds) failures.push(found === undefined ? sentence : `${sentence} (found: ${found})`);
      const but = holds || found === undefined ? '' : ` (found: ${found})`;
      line(`${holds ? '✓' : '✗'}  ${sentence}${but}`);
    },
    table: (rows) => {
      const widths = (rows[0] ?? []).map((_, column) =>
        Math.max(...rows.map((row) => row[column]?.length ?? 0)),
      );
      for (const row of rows) {
        write(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
      }
    },
    failures: () => [...failures],
  };
}
