/** One line of the file, with its number there, from 1. */
export interface FileLine {
  readonly number: number;
  readonly text: string;
}

/** The lines that hold anything. */
export function fileLines(text: string): readonly FileLine[] {
  return text
    .split('\n')
    .map((raw, index) => ({ number: index + 1, text: raw.trim() }))
    .filter((line) => line.text !== '');
}
