import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A part of a page under one heading, with the commands in it. */
export interface PageSection {
  readonly text: string;
  /** Command lines of the shell, as printed: from blocks and from the text. */
  readonly commands: readonly string[];
}

const PROGRAM = /^(?:AWS_\w+=\S+ )?(?:aws|npx|npm)\s/;

/** A page of this repository, by its headings. */
export function readPage(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8');
}

/** The text between this heading and the next one of the same or a higher level. */
export function sectionOf(page: string, heading: string): PageSection {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (start < 0) throw new Error(`The page has no section "${heading}".`);
  const level = lines[start]?.indexOf(' ') ?? 0;
  const rest = lines.slice(start + 1);
  const length = rest.findIndex((line) => new RegExp(`^#{1,${level}} `).test(line));
  return sectionFrom(rest.slice(0, length < 0 ? undefined : length).join('\n'));
}

/** A paragraph that begins with a name in bold, such as "Rotate one now.", and the block after it. */
export function procedureOf(page: string, name: string): PageSection {
  const start = page.indexOf(`**${name}**`);
  if (start < 0) throw new Error(`The page has no paragraph "${name}".`);
  const rest = page.slice(start + 2);
  const end = rest.search(/\n\n(?:\*\*|#+ |Never )/);
  return sectionFrom(rest.slice(0, end < 0 ? undefined : end));
}

function sectionFrom(text: string): PageSection {
  return { text, commands: commandsIn(text) };
}

/** Every command line in a piece of Markdown, blocks first. */
export function commandsIn(markdown: string): readonly string[] {
  const inBlocks = [...markdown.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].flatMap(([, block = '']) =>
    block
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .map((line) => line.replace(/\s+#.*$/, '').trim()),
  );
  const outside = markdown.replaceAll(/^ *```[\s\S]*?^ *```/gm, '');
  const inText = [...outside.matchAll(/`([^`]+)`/g)].map(([, code = '']) =>
    code.replaceAll(/\s*\n\s*/g, ' '),
  );
  return [...inBlocks, ...inText].filter((command) => PROGRAM.test(command));
}
