import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type {
  ConnectionEventType,
  ConnectionState,
  ConnectionStatusResponse,
} from '../../../client/index.ts';
import { STATE_RULES } from '../../../functions/core/connection/connection-states.ts';

const SCHEMA = JSON.parse(
  readFileSync(new URL('../../../docs/events.schema.json', import.meta.url), 'utf8'),
) as object;

/** Compiles only as long as it has every event, and no other. */
const EVENTS: Readonly<Record<ConnectionEventType, true>> = {
  Connected: true,
  Degraded: true,
  Recovered: true,
  'Expiring Soon': true,
  'Reauthorization Required': true,
  'User Action Required': true,
  Disconnected: true,
};

/** Compiles only as long as every state has a case. */
function mayWork(state: ConnectionStatusResponse['state']): boolean {
  switch (state) {
    case 'active':
    case 'suspect':
    case 'needs-user-action':
      return true;
    case 'needs-reauthorization':
    case 'disconnecting':
    case 'disconnected':
      return false;
  }
}

test('a switch over the states is complete', () => {
  const states = Object.keys(STATE_RULES) as ConnectionState[];
  expect(states.map(mayWork)).toEqual([true, true, true, false, false, false]);
});

test('the events are those of the schema', () => {
  const inSchema = [...JSON.stringify(SCHEMA).matchAll(/"detail-type":\{"const":"([^"]+)"\}/g)].map(
    ([, name]) => name,
  );
  expect(inSchema.toSorted()).toEqual(Object.keys(EVENTS).toSorted());
});
