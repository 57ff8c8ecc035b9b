import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/*
 * Finds what a public entry exports without a docblock. It reads the text, one declaration or member to a line, as the
 * formatter writes it.
 */

export interface Finding {
  readonly file: string;
  readonly name: string;
  readonly lacks: 'docblock' | '@default';
}

const REEXPORT = /^export (?:type )?\{([^}]*)\} from '([^']+)';/gm;
const DECLARATION = /^export (?:abstract |async |declare )*(?:interface|type|class|function\*?|const) (\w+)/;
/** A member of an interface or class: indented by two spaces. */
const MEMBER = /^ {2}(?:(?:readonly|abstract|static|get|async) )*(\[?[A-Za-z_]\w*)(\??)/;
/** What a base class, or the language, has documented. */
const INHERITED =
  /^ {2}(?:override |protected |private |readonly code = |constructor\(|toString\(|toJSON\(|\[inspect\.custom\]|readonly #|#)/;

/** Their absent members have a default. */
const TAKES_DEFAULTS = /(?:Options|Props|Settings|Attributes)$/;

/** @param entry a file whose own exports and re-exports make the public surface */
export async function undocumented(entry: string): Promise<readonly Finding[]> {
  const source = await readFile(entry, 'utf8');
  const reexported = [...source.matchAll(REEXPORT)].map(([, names = '', from = '']) => ({
    file: join(dirname(entry), from),
    names: names.split(',').map((name) => name.trim().replace(/^type /, '')),
  }));
  const elsewhere = await Promise.all(
    reexported.map(async ({ file, names }) =>
      lacking(file, await readFile(file, 'utf8'), (name) => names.includes(name)),
    ),
  );
  return [...lacking(entry, source, () => true), ...elsewhere.flat()];
}

/** What the chosen exports of one file lack. */
export function lacking(
  file: string,
  source: string,
  isPublic: (name: string) => boolean,
): readonly Finding[] {
  const lines = source.split('\n');
  const found: Finding[] = [];
  let within: string | undefined;
  lines.forEach((line, at) => {
    const [, declared] = DECLARATION.exec(line) ?? [];
    if (declared !== undefined && isPublic(declared)) {
      within = /(?:interface|class) .*\{$/.test(line) ? declared : undefined;
      if (docblockBefore(lines, at) === '') found.push({ file, name: declared, lacks: 'docblock' });
      return;
    }
    if (/^\S/.test(line)) within = undefined;
    if (within === undefined || INHERITED.test(line)) return;
    const [, member, optional] = MEMBER.exec(line) ?? [];
    if (member === undefined) return;
    const name = `${within}.${member}`;
    const docblock = docblockBefore(lines, at);
    if (docblock === '') found.push({ file, name, lacks: 'docblock' });
    else if (optional === '?' && TAKES_DEFAULTS.test(within) && !docblock.includes('@default')) {
      found.push({ file, name, lacks: '@default' });
    }
  });
  return found;
}

/** The docblock that ends on the line before; empty when there is none. */
function docblockBefore(lines: readonly string[], at: number): string {
  if (!/\*\/$/.test(lines[at - 1] ?? '')) return '';
  const start = lines.slice(0, at).findLastIndex((line) => /^\s*\/\*\*/.test(line));
  return lines.slice(start, at).join('\n');
}
