import { expect, test } from 'vitest';
import { compileEventPattern } from '../../../local/aws/event-rules.ts';

const event = {
  source: 'adobe-token-vault',
  'detail-type': 'Connected',
  resources: ['a', 'b'],
  detail: { connectionId: 'acme.1', sliding: null },
};

test.each([
  ['a value of the list', { source: ['x', 'adobe-token-vault'] }, true],
  ['another value', { source: ['x'] }, false],
  ['every name of the pattern', { source: ['adobe-token-vault'], 'detail-type': ['Degraded'] }, false],
  ['a nested name', { detail: { connectionId: ['acme.1'] } }, true],
  ['a prefix', { detail: { connectionId: [{ prefix: 'acme.' }] } }, true],
  ['a suffix', { detail: { connectionId: [{ suffix: '.2' }] } }, false],
  ['anything but', { detail: { connectionId: [{ 'anything-but': ['acme.2'] }] } }, true],
  ['existence', { detail: { other: [{ exists: false }] } }, true],
  ['null', { detail: { sliding: [null] } }, true],
  ['one of a list in the event', { resources: ['b'] }, true],
])('a pattern can ask for %s', (_name, pattern, expected) => {
  expect(compileEventPattern(pattern)(event)).toBe(expected);
});

test('an unknown matcher is refused when the stack is read', () => {
  expect(() => compileEventPattern({ source: [{ wildcard: 'a*' }] })).toThrow('wildcard');
});
