import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { PlatformError } from '../../core/platform-error.ts';
import type { Item } from './dynamodb-client.ts';

/** Domain records to items and back: strings, whole epoch numbers, flags, bytes, lists and maps; nothing else is stored. */
export function toItem(record: object): Item {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, toAttribute(value)]));
}

export function toAttribute(value: unknown): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number' && Number.isFinite(value)) return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (value instanceof Uint8Array) return { B: value };
  if (Array.isArray(value)) return { L: value.map(toAttribute) };
  if (typeof value === 'object' && value !== null) return { M: toItem(value) };
  throw new TypeError(`A ${typeof value} cannot be stored.`);
}

export function fromItem(item: Item): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(item).map(([name, attribute]) => [name, fromAttribute(attribute)]),
  );
}

function fromAttribute(attribute: AttributeValue): unknown {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.B !== undefined) return Uint8Array.from(attribute.B);
  if (attribute.L !== undefined) return attribute.L.map(fromAttribute);
  if (attribute.M !== undefined) return fromItem(attribute.M);
  return undefined;
}

/** What the attributes of our items may be. */
export const text = v.string();
export const wholeNumber = v.pipe(v.number(), v.safeInteger());
export const epochMs = v.pipe(wholeNumber, v.minValue(0));
export const bytes = v.instance(Uint8Array);
export const texts = v.array(text);
export const flag = v.boolean();

/** One of a union's words. The table of all of them keeps a new word from being written and then found unreadable. */
export function oneOf<Word extends string>(words: Readonly<Record<Word, true>>) {
  return v.picklist(Object.keys(words) as Word[]);
}

/** A schema for every field, so that a field added to the record is not dropped when it is read. */
export type EveryField<T> = Readonly<Record<keyof T, v.GenericSchema>>;

/**
 * Reads an item by its schema. What is not as it was written throws `ITEM_MALFORMED`, which names the attribute
 * and never its value.
 */
export function readItem<Schema extends v.GenericSchema>(
  schema: Schema,
  item: Item,
  what: string,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, fromItem(item));
  if (result.success) return result.output;
  const path = v.getDotPath(result.issues[0]) ?? 'kind';
  throw new PlatformError('ITEM_MALFORMED', `${what} in the table is unreadable at "${path}".`, {
    reason: path,
  });
}
