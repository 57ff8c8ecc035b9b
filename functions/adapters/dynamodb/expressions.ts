import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { toAttribute } from './items.ts';

/**
 * A fragment of a DynamoDB expression that carries its own values. `#name` stands for the attribute of that name;
 * `:value` is looked up in `values`. Fragments of one request share values by name, so one name must mean one thing.
 */
export interface Fragment {
  readonly text: string;
  readonly values: Readonly<Record<string, unknown>>;
}

export function fragment(text: string, values: Readonly<Record<string, unknown>> = {}): Fragment {
  return { text, values };
}

export function allOf(...fragments: readonly Fragment[]): Fragment {
  return joined(fragments, ' AND ');
}

export function anyOf(...fragments: readonly Fragment[]): Fragment {
  return joined(fragments, ' OR ');
}

function joined(fragments: readonly Fragment[], separator: string): Fragment {
  return {
    text: fragments.map(({ text }) => `(${text})`).join(separator),
    values: Object.assign({}, ...fragments.map(({ values }) => values)),
  };
}

export interface Placeholders {
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, AttributeValue>;
}

/** DynamoDB refuses a request that declares a name or value it does not use, and an empty list of either. */
export function placeholdersOf(...fragments: readonly Fragment[]): Placeholders {
  const names = fragments.flatMap(({ text }) => text.match(/#\w+/g) ?? []);
  const values = fragments.flatMap((each) => Object.entries(each.values));
  return {
    ...(names.length === 0
      ? {}
      : { ExpressionAttributeNames: Object.fromEntries(names.map((name) => [name, name.slice(1)])) }),
    ...(values.length === 0
      ? {}
      : {
          ExpressionAttributeValues: Object.fromEntries(
            values.map(([name, value]) => [`:${name}`, toAttribute(value)]),
          ),
        }),
  };
}

/**
 * `SET` for every value, `REMOVE` for every `null`, lists that grow at their end, as one update expression. Values are named
 * `:new_…` and `:more_…`, so that they do not clash with a condition's.
 */
export function settingEach(
  changes: Readonly<Record<string, unknown>>,
  appended: Readonly<Record<string, readonly unknown[]>> = {},
): Fragment {
  const present = Object.entries(changes).filter(([, value]) => value !== undefined);
  const sets = present.filter(([, value]) => value !== null);
  const removals = present.filter(([, value]) => value === null);
  const appends = Object.entries(appended).filter(([, values]) => values.length > 0);
  const assignments = [
    ...sets.map(([name]) => `#${name} = :new_${name}`),
    ...appends.map(([name]) => `#${name} = list_append(#${name}, :more_${name})`),
  ];
  const clauses = [
    ...(assignments.length === 0 ? [] : [`SET ${assignments.join(', ')}`]),
    ...(removals.length === 0 ? [] : [`REMOVE ${removals.map(([name]) => `#${name}`).join(', ')}`]),
  ];
  const values = [
    ...sets.map(([name, value]) => [`new_${name}`, value] as const),
    ...appends.map(([name, more]) => [`more_${name}`, more] as const),
  ];
  return fragment(clauses.join(' '), Object.fromEntries(values));
}
