import { parseSync } from '@swc/core';

/** A node of the syntax tree and its place in the text, in UTF-16 units. */
export interface Syntax {
  readonly type: string;
  /** Which member of its parent it is. */
  readonly role: string;
  readonly from: number;
  readonly to: number;
  readonly parent: Syntax | undefined;
  readonly children: readonly Syntax[];
  /** An operator, or the name of an identifier. */
  readonly word: string | undefined;
}

/** @throws Error when the text is not TypeScript */
export function parseSyntax(text: string): Syntax {
  // The parser counts bytes, not always from 0. The semicolon, one byte, shows from where.
  const module = parseSync(`;${text}`, { syntax: 'typescript', target: 'es2023' });
  const begin = (module.body[0]?.span.start ?? 0) + 1;
  const units = unitsOf(text);
  return syntaxOf({ ...module }, 'module', undefined, (position) => units[position - begin] ?? text.length);
}

/** The UTF-16 unit that each byte of the text belongs to. */
function unitsOf(text: string): readonly number[] {
  const units: number[] = [];
  let unit = 0;
  for (const character of text) {
    for (let byte = Buffer.byteLength(character); byte > 0; byte -= 1) units.push(unit);
    unit += character.length;
  }
  return units;
}

interface Fields {
  readonly [name: string]: unknown;
  readonly type?: unknown;
  readonly span?: unknown;
  readonly spread?: unknown;
  readonly operator?: unknown;
  readonly value?: unknown;
}

function syntaxOf(
  fields: Fields,
  role: string,
  parent: Syntax | undefined,
  at: (byte: number) => number,
): Syntax {
  const children: Syntax[] = [];
  const span = spanOf(fields.span);
  const spread = spanOf(fields.spread);
  const { type, operator, value } = fields;
  const word = [operator, value].find((one) => typeof one === 'string');
  const node = {
    type: typeof type === 'string' ? type : 'Argument',
    role,
    from: span ? at(span.start) : Number.POSITIVE_INFINITY,
    to: span ? at(span.end) : 0,
    parent,
    children,
    word,
  };
  for (const [name, member] of Object.entries(fields)) {
    for (const child of Array.isArray(member) ? member : [member]) {
      if (isSyntax(child)) children.push(syntaxOf(child, name, node, at));
    }
  }
  // The parser gives no place for properties and arguments: take that of their parts.
  if (!span) {
    node.from = Math.min(spread ? at(spread.start) : node.from, ...children.map(({ from }) => from));
    node.to = Math.max(...children.map(({ to }) => to));
  }
  return node;
}

function isSyntax(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null) return false;
  return 'type' in value || 'span' in value || 'expression' in value;
}

function spanOf(value: unknown): { readonly start: number; readonly end: number } | undefined {
  if (typeof value !== 'object' || value === null || !('start' in value) || !('end' in value))
    return undefined;
  const { start, end } = value;
  return typeof start === 'number' && typeof end === 'number' ? { start, end } : undefined;
}

/** The node and everything below it, parents before children. */
export function* within(node: Syntax): Generator<Syntax> {
  yield node;
  for (const child of node.children) yield* within(child);
}

export function childOf(node: Syntax | undefined, role: string): Syntax | undefined {
  return node?.children.find((child) => child.role === role);
}
