import type { Change } from './changes.ts';
import { occurrences, type Range } from './fragments.ts';
import type { Mutant } from './mutant.ts';
import { findSymbol, type SourceSymbol, symbolsWith } from './source-symbols.ts';
import { childOf, type Syntax, within } from './syntax.ts';

/** Other text for a range of a file. */
export interface Edit extends Range {
  /** From the root of the repository. */
  readonly file: string;
  readonly code: string;
}

const CONDITIONAL = ['IfStatement', 'ConditionalExpression'];
const TWO_OPERANDS = ['&&', '||', '??'];
const LISTED = ['elements', 'arguments', 'properties'];

/** @throws Error when the source does not have the place exactly once: it has changed, and the table must follow */
export function locateChange(change: Change): Edit {
  return editOf(findSymbol(change.symbol), change);
}

export function editOf(symbol: SourceSymbol, change: Change): Edit {
  switch (change.kind) {
    case 'condition':
      return edit(symbol, conditionOf(symbol, change), String(change.holds));
    case 'drop':
      return dropped(symbol, change);
    case 'become':
      return newValue(symbol, change);
    case 'replace':
      return edit(symbol, rangeOf(symbol, change), change.code);
  }
}

/** What is wrong with each row whose place is not in the source exactly once. */
export function unlocatedRows(mutants: readonly Mutant[]): readonly string[] {
  return mutants.flatMap(({ safeguard, changes }) => {
    try {
      changes.map(locateChange);
      return [];
    } catch (error) {
      return [`${safeguard}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
}

/** @throws Error when two edits, which are all of one file, overlap */
export function withEdits(text: string, edits: readonly Edit[]): string {
  const fromTheEnd = [...edits].sort((one, other) => other.from - one.from);
  let changed = text;
  let end = text.length;
  for (const { file, from, to, code } of fromTheEnd) {
    if (to > end) throw new Error(`two changes overlap in ${file}`);
    changed = changed.slice(0, from) + code + changed.slice(to);
    end = from;
  }
  return changed;
}

function edit({ file }: SourceSymbol, { from, to }: Range, code: string): Edit {
  return { file, from, to, code };
}

interface Place {
  readonly symbol: string;
  readonly fragment: string;
}

function rangeOf({ file, text, node }: SourceSymbol, { symbol, fragment }: Place): Range {
  const found = occurrences(text.slice(node.from, node.to), fragment);
  const [only] = found;
  if (only && found.length === 1) return { from: node.from + only.from, to: node.from + only.to };
  const others = found.length === 0 ? symbolsWith(fragment) : [];
  const hint = others.length > 0 ? `; these hold it: ${others.join(', ')}` : '';
  throw new Error(`${symbol} (${file}) holds this ${found.length} times, not once: ${fragment}${hint}`);
}

function conditionOf(symbol: SourceSymbol, place: Place): Syntax {
  const tests = [...within(symbol.node)]
    .filter(({ type }) => CONDITIONAL.includes(type))
    .flatMap((node) => childOf(node, 'test') ?? []);
  const range = place.fragment === '' ? undefined : rangeOf(symbol, place);
  const found = range ? tests.filter((test) => holds(test, range.from)).slice(-1) : tests;
  const [only] = found;
  if (only && found.length === 1) return only;
  const which = range
    ? `no condition in which this begins: ${place.fragment}`
    : `${found.length} conditions, not one`;
  throw new Error(`${place.symbol} (${symbol.file}) has ${which}`);
}

function dropped(symbol: SourceSymbol, place: Place): Edit {
  const { from } = rangeOf(symbol, place);
  const around = [...within(symbol.node)].filter((node) => holds(node, from)).reverse();
  for (const node of around) {
    const { parent, role } = node;
    if (parent?.type === 'BinaryExpression' && TWO_OPERANDS.includes(parent.word ?? '')) {
      const other = childOf(parent, role === 'left' ? 'right' : 'left');
      if (other) return edit(symbol, parent, symbol.text.slice(other.from, other.to));
    }
    if (node.type === 'ExpressionStatement') return edit(symbol, node, '');
    if (LISTED.includes(role) && parent?.type !== 'SpreadElement')
      return edit(symbol, withComma(node, symbol.text), '');
  }
  throw new Error(
    `${place.symbol} (${symbol.file}) has nothing to drop that begins like this: ${place.fragment}`,
  );
}

function withComma(item: Syntax, text: string): Range {
  const siblings = item.parent?.children.filter(({ role }) => role === item.role) ?? [];
  const index = siblings.indexOf(item);
  const next = siblings[index + 1];
  if (next) return { from: item.from, to: next.from };
  const comma = /^\s*,/.exec(text.slice(item.to))?.[0] ?? '';
  return { from: siblings[index - 1]?.to ?? item.from, to: item.to + comma.length };
}

function newValue(symbol: SourceSymbol, { symbol: name, code }: { symbol: string; code: string }): Edit {
  const { node } = symbol;
  const declared = childOf(node, 'init') ?? childOf(node, 'value') ?? childOf(node, 'function') ?? node;
  const body = childOf(declared, 'body');
  if (body?.type === 'FunctionBody' || body?.type === 'BlockStatement')
    return edit(symbol, body, `{ return ${code}; }`);
  if (body && declared.type === 'ArrowFunctionExpression') return edit(symbol, body, `(${code})`);
  if (declared !== node) return edit(symbol, declared, code);
  throw new Error(`${name} (${symbol.file}) has neither a body nor a value`);
}

function holds({ from, to }: Range, index: number): boolean {
  return from <= index && index < to;
}
