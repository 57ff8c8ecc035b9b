import type { CliWorld } from './cli-world.ts';
import { printableLines } from './printable.ts';

/** Where a command prints: one result to stdout, everything on the way to stderr. */
export interface Output {
  readonly json: boolean;
  /** The one result: a document for scripts, or words for people. */
  result(document: object, human: string): void;
  /** What is going on, for a person who waits. */
  progress(sentence: string): void;
}

export function createOutput(world: Pick<CliWorld, 'stdout' | 'stderr'>, json: boolean): Output {
  return {
    json,
    result: (document, human) =>
      world.stdout(`${json ? JSON.stringify(document, undefined, 2) : printableLines(human)}\n`),
    progress: (sentence) => world.stderr(`${printableLines(sentence)}\n`),
  };
}
