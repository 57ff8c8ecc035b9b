/** Prints one row for each case as it ends. A case that fails does not end the others. */
export interface CaseTable {
  /** Begins a part of the table. */
  part(title: string): void;
  /** Runs a case. What it returns is its result. Answers what it returned, and `undefined` if it failed. */
  run(name: string, check: () => Promise<string> | string): Promise<string | undefined>;
  /** Adds a row for a case that ran elsewhere. */
  row(name: string, seconds: number, check: () => string): void;
  /** The names of the cases that failed. */
  readonly failed: readonly string[];
  readonly count: number;
}

const NAME_WIDTH = 62;

export function createCaseTable(write: (line: string) => void): CaseTable {
  const failed: string[] = [];
  let count = 0;
  const end = (name: string, seconds: number, result: string, isFailure = false) => {
    count += 1;
    if (isFailure) failed.push(name);
    const mark = isFailure ? 'FAILED' : 'ok';
    write(`${mark.padEnd(7)}${seconds.toFixed(1).padStart(5)} s  ${name.padEnd(NAME_WIDTH)} ${result}`);
  };
  const explain = (error: unknown) => (error instanceof Error ? error.message : String(error));
  return {
    failed,
    get count() {
      return count;
    },
    part: (title) => write(`\n${title}`),
    async run(name, check) {
      const startedMs = performance.now();
      const seconds = () => (performance.now() - startedMs) / 1_000;
      try {
        const result = await check();
        end(name, seconds(), result);
        return result;
      } catch (error) {
        end(name, seconds(), explain(error), true);
        return undefined;
      }
    },
    row(name, seconds, check) {
      try {
        end(name, seconds, check());
      } catch (error) {
        end(name, seconds, explain(error), true);
      }
    },
  };
}
