import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A block of TypeScript in a page, with the line before it, which names the source of the code. */
const BLOCK =
  /(?:^<!-- (?<file>\S+)#(?<region>[\w-]+) -->\n)?^```(?:ts|typescript|tsx)\n(?<code>[\s\S]*?)^```$/gm;

const REGION = /^[ \t]*\/\/ #region (?<name>[\w-]+)\n(?<code>[\s\S]*?)^[ \t]*\/\/ #endregion\n/gm;

export interface Excerpt {
  readonly page: string;
  /** `examples/a.ts#region`; absent when the page names none. */
  readonly source: string | undefined;
  readonly code: string;
}

/** Every page of the project. */
export async function pagesOfProject(): Promise<readonly string[]> {
  const names = await readdir(join(ROOT, 'docs'), { recursive: true });
  const pages = names.filter((name) => name.endsWith('.md')).map((name) => join('docs', name));
  return ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'examples/README.md', ...pages];
}

export function excerptsOf(page: string, text: string): readonly Excerpt[] {
  return [...text.matchAll(BLOCK)].map(({ groups }) => ({
    page,
    source: groups?.file === undefined ? undefined : `${groups.file}#${groups.region}`,
    code: groups?.code ?? '',
  }));
}

/** The page with every excerpt as it is in its source now. */
export async function withFreshExcerpts(page: string, text: string): Promise<string> {
  let fresh = text;
  for (const { source, code } of excerptsOf(page, text)) {
    if (source === undefined) continue;
    const [before, after] = [`<!-- ${source} -->\n\`\`\`ts\n`, await sourceOf(source)];
    fresh = fresh.replace(before + code, () => before + after);
  }
  return fresh;
}

/** The text of all regions of that name, without their common indentation. */
export async function sourceOf(source: string): Promise<string> {
  const [file = '', region] = source.split('#');
  const text = await readFile(join(ROOT, file), 'utf8');
  const parts = [...text.matchAll(REGION)].filter(({ groups }) => groups?.name === region);
  if (parts.length === 0) throw new Error(`${file} has no region ${region}.`);
  return parts.map(({ groups }) => toTheLeft(groups?.code ?? '')).join('\n');
}

function toTheLeft(code: string): string {
  const indents = code.match(/^[ \t]*(?=\S)/gm) ?? [''];
  const least = Math.min(...indents.map(({ length }) => length));
  return code.replaceAll(new RegExp(`^[ \\t]{${least}}`, 'gm'), '');
}
