/** What an AWS operation takes, as its SDK client knows it. */
export type Shape =
  | { readonly kind: 'text' | 'number' | 'boolean' | 'blob' | 'time' | 'document' }
  | { readonly kind: 'list'; readonly of: () => Shape }
  | { readonly kind: 'map'; readonly of: () => Shape }
  | { readonly kind: 'members'; readonly members: ReadonlyMap<string, () => Shape> };

const LIST = 64;
const MAP = 128;
const SIMPLE: Readonly<Record<number, Shape['kind']>> = {
  0: 'text',
  1: 'number',
  2: 'boolean',
  4: 'time',
  5: 'time',
  6: 'time',
  7: 'time',
  15: 'document',
  17: 'number',
  19: 'number',
  21: 'blob',
  42: 'blob',
};

/**
 * Reads the schemas that the SDK's clients carry: a number for a simple type, `[1 | 2, …]` for lists and maps, `[3 | 4, …]` for
 * structures and unions, `[schema, traits]` for a member.
 */
export function shapeOf(schema: unknown): Shape {
  if (typeof schema === 'function') return shapeOf(schema());
  if (typeof schema === 'number') return simple(schema);
  if (!Array.isArray(schema)) throw new Error(`expected a schema, not ${typeof schema}`);
  if (schema.length === 2) return shapeOf(schema[0]);
  const [type, , , , first, second] = schema as readonly unknown[];
  if (type === 0) return shapeOf(first);
  if (type === 1) return { kind: 'list', of: () => shapeOf(first) };
  if (type === 2) return { kind: 'map', of: () => shapeOf(second) };
  if (!Array.isArray(first) || !Array.isArray(second)) throw new Error(`expected a structure, not ${type}`);
  const members = first.map((name, at): [string, () => Shape] => [String(name), () => shapeOf(second[at])]);
  return { kind: 'members', members: new Map(members) };
}

function simple(type: number): Shape {
  if (type >= MAP) return { kind: 'map', of: () => simple(type - MAP) };
  if (type >= LIST) return { kind: 'list', of: () => simple(type - LIST) };
  return { kind: SIMPLE[type] ?? 'text' } as Shape;
}

/** How option values become members: JSON or shorthand, and base64 for bytes, as in AWS CLI 2. */
export interface ValueRules {
  readonly rawBytes: boolean;
}

/** A value in JSON: bytes are base64 in it. */
export function fromJson(value: unknown, shape: Shape): unknown {
  if (shape.kind === 'blob') return Buffer.from(String(value), 'base64');
  if (shape.kind === 'list') return (value as unknown[]).map((entry) => fromJson(entry, shape.of()));
  if (shape.kind === 'map') {
    return Object.fromEntries(
      Object.entries(value as object).map(([name, entry]) => [name, fromJson(entry, shape.of())]),
    );
  }
  if (shape.kind !== 'members') return shape.kind === 'time' ? new Date(String(value)) : value;
  return Object.fromEntries(
    Object.entries(value as object).map(([name, entry]) => {
      const member = shape.members.get(name);
      if (!member)
        throw new Error(`There is no member ${name}, only ${[...shape.members.keys()].join(', ')}.`);
      return [name, fromJson(entry, member())];
    }),
  );
}

/** What stands behind an option. */
export function fromWords(words: readonly (string | Buffer)[], shape: Shape, rules: ValueRules): unknown {
  const [word = ''] = words;
  if (Buffer.isBuffer(word)) return word;
  switch (shape.kind) {
    case 'number':
      return Number(word);
    case 'boolean':
      return word === '' || word === 'true';
    case 'time':
      return new Date(/^\d+$/.test(word) ? Number(word) * 1000 : word);
    case 'blob':
      return rules.rawBytes ? Buffer.from(word) : base64(word);
    case 'text':
      return word;
    default:
      break;
  }
  if (/^\s*[[{]/.test(word)) return fromJson(JSON.parse(word), shape);
  if (shape.kind === 'list') return words.map((each) => fromWords([each], shape.of(), rules));
  if (shape.kind === 'members' || shape.kind === 'map') return shorthand(word, shape, rules);
  return word;
}

/** `Name=a,Value=b` */
function shorthand(
  word: string,
  shape: Extract<Shape, { kind: 'members' | 'map' }>,
  rules: ValueRules,
): object {
  return Object.fromEntries(
    word.split(',').map((pair) => {
      const [name = '', ...rest] = pair.split('=');
      const member = shape.kind === 'map' ? shape.of : shape.members.get(name);
      if (!member) throw new Error(`There is no member ${name}.`);
      return [name, fromWords([rest.join('=')], member(), rules)];
    }),
  );
}

function base64(text: string): Buffer {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text.trim())) throw new Error(`Invalid base64: ${text.slice(0, 20)}`);
  return Buffer.from(text, 'base64');
}

/** What AWS CLI 2 prints: bytes in base64, moments in ISO 8601. */
export function printable(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(printable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, entry]) => name !== '$metadata' && entry !== undefined)
      .map(([name, entry]) => [name, printable(entry)]),
  );
}
