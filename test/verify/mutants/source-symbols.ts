import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { occurrences } from './fragments.ts';
import { childOf, parseSyntax, type Syntax, within } from './syntax.ts';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const FOLDERS = ['functions', 'client', 'cli', 'test/support/fakes'];
/** The formatter leaves nothing but the top level at the beginning of a line. */
const DECLARATIONS = /^(export )?(?:async )?(?:function|const|class) (\w+)/gm;
const NEAREST = 5;

export interface SourceSymbol {
  /** From the root of the repository. */
  readonly file: string;
  readonly text: string;
  readonly node: Syntax;
}

interface Declared {
  readonly name: string;
  readonly file: string;
  readonly isExported: boolean;
}

/** Every source is read once, so that a whole run uses one state of the code. */
const sources = new Map<string, string>();
/** Keyed by the text. */
const trees = new Map<string, Syntax>();
let declared: readonly Declared[] | undefined;

export function sourceOf(file: string): string {
  const source = sources.get(file) ?? readFileSync(join(ROOT, file), 'utf8');
  sources.set(file, source);
  return source;
}

/** @throws Error when no symbol has the name, with the nearest ones, or more than one has it */
export function findSymbol(symbol: string): SourceSymbol {
  const { name, fileName, inner } = partsOf(symbol);
  const named = allDeclared().filter((one) => one.name === name);
  const candidates = fileName ? named.filter(({ file }) => basename(file, '.ts') === fileName) : named;
  const exported = candidates.filter(({ isExported }) => isExported);
  const [only, second] = exported.length === 1 ? exported : candidates;
  if (!only) throw new Error(`no symbol ${symbol}; the nearest are ${nearestTo(name)}`);
  if (second) {
    const files = candidates.map(({ file }) => `${basename(file, '.ts')}#${name}`);
    throw new Error(`more than one symbol ${symbol}: say ${files.join(' or ')}`);
  }
  return inner.reduce(innerSymbol, symbolIn(only.file, sourceOf(only.file), name));
}

function partsOf(symbol: string) {
  const [path = '', fileName] = symbol.split('#').reverse();
  const [name = '', ...inner] = path.split('.');
  return { name, fileName, inner };
}

function allDeclared(): readonly Declared[] {
  declared ??= FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).flatMap((path) =>
      path.endsWith('.ts') ? declaredIn(join(folder, path).replaceAll('\\', '/')) : [],
    ),
  );
  return declared;
}

function declaredIn(file: string): readonly Declared[] {
  return [...sourceOf(file).matchAll(DECLARATIONS)].map(([, exported, name = '']) => ({
    name,
    file,
    isExported: exported !== undefined,
  }));
}

/** @throws Error when the text does not declare the name on its top level */
export function symbolIn(file: string, text: string, name: string): SourceSymbol {
  const tree = trees.get(text) ?? parseSyntax(text);
  trees.set(text, tree);
  const node = topLevelOf(tree).find((one) => nameOf(one) === name);
  if (!node) throw new Error(`${file} does not declare ${name} on its top level`);
  return { file, text, node };
}

function topLevelOf(tree: Syntax): readonly Syntax[] {
  return tree.children.flatMap((node) =>
    ['ExportDeclaration', 'VariableDeclaration'].includes(node.type) ? topLevelOf(node) : [node],
  );
}

function innerSymbol({ file, text, node }: SourceSymbol, name: string): SourceSymbol {
  const found = [...within(node)].filter((one) => one !== node && nameOf(one) === name);
  const [only] = found;
  if (!only || found.length > 1) {
    const names = [...within(node)].map(nameOf).filter((one) => one !== undefined);
    throw new Error(
      `${found.length} symbols ${name} within ${nameOf(node)}, not one: it has ${names.join(', ')}`,
    );
  }
  return { file, text, node: only };
}

/** The name of a node that declares a function, class, constant or method. */
function nameOf(node: Syntax): string | undefined {
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
      return childOf(node, 'identifier')?.word;
    case 'VariableDeclarator':
      return childOf(node, 'id')?.word;
    case 'MethodProperty':
    case 'ClassMethod':
      return childOf(node, 'key')?.word;
    case 'KeyValueProperty':
      return /Function/.test(childOf(node, 'value')?.type ?? '') ? childOf(node, 'key')?.word : undefined;
    default:
      return undefined;
  }
}

function nearestTo(name: string): string {
  const wanted = pairsOf(name);
  const likeness = (other: string) => {
    const pairs = pairsOf(other);
    const shared = [...wanted].filter((pair) => pairs.has(pair)).length;
    return (2 * shared) / (wanted.size + pairs.size);
  };
  return allDeclared()
    .map((one) => ({ ...one, likeness: likeness(one.name) }))
    .sort((one, other) => other.likeness - one.likeness)
    .slice(0, NEAREST)
    .map(({ name: near, file }) => `${near} (${file})`)
    .join(', ');
}

function pairsOf(name: string): ReadonlySet<string> {
  const lower = name.toLowerCase();
  return new Set(Array.from({ length: Math.max(0, lower.length - 1) }, (_, at) => lower.slice(at, at + 2)));
}

/** The top-level symbols that hold the fragment exactly once: it may have moved there. */
export function symbolsWith(fragment: string): readonly string[] {
  const files = [...new Set(allDeclared().map(({ file }) => file))];
  const holding = new Set(files.filter((file) => occurrences(sourceOf(file), fragment).length > 0));
  return allDeclared().flatMap((one) => {
    if (!holding.has(one.file)) return [];
    const { text, node } = symbolIn(one.file, sourceOf(one.file), one.name);
    const { length } = occurrences(text.slice(node.from, node.to), fragment);
    return length === 1 ? [`${one.name} (${one.file})`] : [];
  });
}
