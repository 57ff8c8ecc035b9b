export interface Range {
  readonly from: number;
  readonly to: number;
}

const COMMENTS = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm;
const TRAILING_COMMAS = /,(?=\s*[)\]}])/g;

/** Where the fragment occurs in the text, whatever the layout of either. It never begins or ends within a word. */
export function occurrences(text: string, fragment: string): readonly Range[] {
  const wanted = compact(fragment).text;
  const { text: compactText, at } = compact(text);
  const found: Range[] = [];
  for (let index = compactText.indexOf(wanted); index >= 0; index = compactText.indexOf(wanted, index + 1)) {
    const from = at[index] ?? 0;
    const to = (at[index + wanted.length - 1] ?? 0) + 1;
    if (!isWithinWord(text, from) && !isWithinWord(text, to)) found.push({ from, to });
  }
  return found;
}

/** The text without what does not count, and the original index of each character. */
function compact(text: string): { readonly text: string; readonly at: readonly number[] } {
  const blank = (ignored: string) => ' '.repeat(ignored.length);
  const code = text.replace(COMMENTS, blank).replace(TRAILING_COMMAS, blank);
  const at = [...code.matchAll(/\S/g)].map(({ index }) => index);
  return { text: code.replace(/\s/g, ''), at };
}

function isWithinWord(text: string, index: number): boolean {
  return /\w/.test(text.charAt(index - 1)) && /\w/.test(text.charAt(index));
}
