/** One command line of a page, as a shell would hand it to a program. */
export interface ShellCommand {
  readonly words: readonly string[];
  /** The file behind `>`. */
  readonly redirectTo?: string;
}

/** Words, single and double quotes, `\` at the end of a line, and `>`: no page of ours uses more. */
export function shellCommand(text: string): ShellCommand {
  const words: string[] = [];
  const joined = text.replaceAll(/\\\n\s*/g, ' ');
  for (const [, single, double, bare] of joined.matchAll(/'([^']*)'|"((?:\\.|[^"\\])*)"|([^\s'"]+)/g)) {
    words.push(single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? bare ?? '');
  }
  const arrow = words.indexOf('>');
  const redirectTo = arrow < 0 ? undefined : words[arrow + 1];
  return redirectTo === undefined ? { words } : { words: words.slice(0, arrow), redirectTo };
}
