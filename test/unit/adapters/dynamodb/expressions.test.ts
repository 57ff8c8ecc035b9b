import { describe, expect, test } from 'vitest';
import {
  allOf,
  anyOf,
  fragment,
  placeholdersOf,
  settingEach,
} from '../../../../functions/adapters/dynamodb/expressions.ts';

describe('expressions', () => {
  test('fragments are joined in parentheses with all their values', () => {
    const either = anyOf(fragment('attribute_not_exists(#a)'), fragment('#a < :a', { a: 1 }));
    expect(allOf(either, fragment('#b = :b', { b: 'x' }))).toEqual({
      text: '((attribute_not_exists(#a)) OR (#a < :a)) AND (#b = :b)',
      values: { a: 1, b: 'x' },
    });
  });

  test('every name and value that is used is declared, nested names too', () => {
    expect(
      placeholdersOf(fragment('#lease.#untilMs <= :now AND #outbox[0].#id = :id', { now: 5, id: 'e' })),
    ).toEqual({
      ExpressionAttributeNames: {
        '#lease': 'lease',
        '#untilMs': 'untilMs',
        '#outbox': 'outbox',
        '#id': 'id',
      },
      ExpressionAttributeValues: { ':now': { N: '5' }, ':id': { S: 'e' } },
    });
  });

  test('an empty list of names or values is not declared', () => {
    expect(placeholdersOf(fragment('attribute_not_exists(#key)'))).toEqual({
      ExpressionAttributeNames: { '#key': 'key' },
    });
    expect(placeholdersOf(fragment(''))).toEqual({});
  });

  test('values are set and nulls removed in one update, and undefined is nothing', () => {
    expect(settingEach({ version: 2, lease: null, failures: 0, schedule: null, dueAtMs: undefined })).toEqual(
      {
        text: 'SET #version = :new_version, #failures = :new_failures REMOVE #lease, #schedule',
        values: { new_version: 2, new_failures: 0 },
      },
    );
  });

  test('a new value does not collide with the value its condition names', () => {
    const update = settingEach({ version: 2 });
    const condition = fragment('#version = :version', { version: 1 });
    expect(placeholdersOf(update, condition).ExpressionAttributeValues).toEqual({
      ':new_version': { N: '2' },
      ':version': { N: '1' },
    });
  });

  test.each([
    [{ lease: null }, 'REMOVE #lease'],
    [{ failures: 1 }, 'SET #failures = :new_failures'],
    [{}, ''],
  ])('%o becomes "%s"', (changes, text) => {
    expect(settingEach(changes).text).toBe(text);
  });
});
