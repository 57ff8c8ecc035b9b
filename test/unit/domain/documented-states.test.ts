import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ConnectionState } from '../../../client/contract.ts';
import { STATE_RULES, type StateRules } from '../../../functions/core/connection/connection-states.ts';

const page = readFileSync(new URL('../../../docs/rotation.md', import.meta.url), 'utf8');

function documented(): Readonly<Record<string, readonly string[]>> {
  const section = /^## States\n(.*?)^## /ms.exec(page)?.[1] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return Object.fromEntries(
    rows.map((row) => {
      const [state = '', ...cells] = row
        .split('|')
        .map((cell) => cell.trim().replaceAll('`', ''))
        .slice(1, -1);
      return [state, cells];
    }),
  );
}

function inCode(state: string, { mayRotate, mayVend, inDueIndex, leadsTo }: StateRules): readonly string[] {
  const others = leadsTo.filter((other) => other !== state);
  return [...[mayRotate, mayVend, inDueIndex].map((may) => (may ? 'yes' : 'no')), others.join(', ')];
}

test('docs/rotation.md says of every state what the code says', () => {
  const states = Object.entries(STATE_RULES) as [ConnectionState, StateRules][];
  expect(documented()).toEqual(
    Object.fromEntries(states.map(([state, rules]) => [state, inCode(state, rules)])),
  );
});
