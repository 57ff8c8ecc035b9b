import { describe, expect, test } from 'vitest';
import type { ConnectionState } from '../../../client/contract.ts';
import { STATE_RULES, type StateRules } from '../../../functions/core/connection/connection-states.ts';

const STATES = Object.keys(STATE_RULES) as ConnectionState[];

function statesThat(rule: Exclude<keyof StateRules, 'leadsTo'>) {
  return STATES.filter((state) => STATE_RULES[state][rule]).sort();
}

describe('the states of a connection', () => {
  test('are these six', () => {
    expect(STATES.toSorted()).toEqual([
      'active',
      'disconnected',
      'disconnecting',
      'needs-reauthorization',
      'needs-user-action',
      'suspect',
    ]);
  });

  test.each<[Exclude<keyof StateRules, 'leadsTo'>, ConnectionState[]]>([
    ['mayRotate', ['active', 'needs-reauthorization', 'needs-user-action', 'suspect']],
    ['mayVend', ['active', 'needs-user-action', 'suspect']],
    ['live', ['active', 'needs-user-action', 'suspect']],
    ['inDueIndex', [...STATES].sort()],
  ])('%s holds in exactly the states meant', (rule, states) => {
    expect(statesThat(rule)).toEqual(states);
  });

  /** From the first to the second, for every pair: y = an event leads there. */
  test.each<[ConnectionState, Readonly<Record<ConnectionState, 'y' | '-'>>]>([
    ['active', row('yyyyy-')],
    ['suspect', row('yyyyy-')],
    ['needs-user-action', row('yyyyy-')],
    ['needs-reauthorization', row('y-yyy-')],
    ['disconnecting', row('y---yy')],
    ['disconnected', row('y---y-')],
  ])('%s leads exactly where it may', (from, expected) => {
    for (const to of STATES) {
      expect(`${to}: ${STATE_RULES[from].leadsTo.includes(to) ? 'y' : '-'}`).toBe(`${to}: ${expected[to]}`);
    }
  });

  test('no token is vended or posted once the user disconnects', () => {
    for (const state of ['disconnecting', 'disconnected'] as const) {
      expect(STATE_RULES[state]).toMatchObject({ mayRotate: false, mayVend: false, live: false });
    }
  });

  test('a new consent leads to active from everywhere', () => {
    for (const state of STATES) expect(STATE_RULES[state].leadsTo).toContain('active');
  });

  test('a disconnect can begin everywhere, on a tombstone too, and only it leads to one', () => {
    for (const state of STATES) {
      expect(STATE_RULES[state].leadsTo).toContain('disconnecting');
      expect(STATE_RULES[state].leadsTo.includes('disconnected')).toBe(state === 'disconnecting');
    }
  });

  test('a state that may be vended is alive, and one that is alive may be rotated', () => {
    for (const state of STATES) {
      if (STATE_RULES[state].mayVend) expect(STATE_RULES[state].live).toBe(true);
      if (STATE_RULES[state].live) expect(STATE_RULES[state].mayRotate).toBe(true);
    }
  });
});

function row(marks: string): Readonly<Record<ConnectionState, 'y' | '-'>> {
  const mark = (at: number) => (marks.charAt(at) === 'y' ? 'y' : '-');
  return {
    active: mark(0),
    suspect: mark(1),
    'needs-user-action': mark(2),
    'needs-reauthorization': mark(3),
    disconnecting: mark(4),
    disconnected: mark(5),
  };
}
