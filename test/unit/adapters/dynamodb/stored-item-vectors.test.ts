import { describe, expect, it } from 'vitest';
import { createAccessTokenStore } from '../../../../functions/adapters/dynamodb/access-token-store.ts';
import { createBreakerStore } from '../../../../functions/adapters/dynamodb/breaker-store.ts';
import { connectionFrom } from '../../../../functions/adapters/dynamodb/connection-item.ts';
import { createConsentStore } from '../../../../functions/adapters/dynamodb/consent-store.ts';
import { readParkedInput } from '../../../../functions/core/rotation/parked-successor.ts';
import { createManualClock } from '../../../support/fakes/manual-clock.ts';
import { itemFromJson } from '../../../support/stored-items/item-text.ts';
import { createOneItemTable } from '../../../support/stored-items/one-item-table.ts';
import { PRESENT_RECORDS } from '../../../support/stored-items/present-records.ts';
import { writtenItems } from '../../../support/stored-items/written-items.ts';
import vectors from '../../../vectors/stored-items.json' with { type: 'json' };

const RULE =
  'two versions work on the same items: docs/guides/deploying.md#two-versions-at-once; then npm run record:items';
const written = await writtenItems();

function holding(json: object) {
  return createOneItemTable(itemFromJson(json)).table;
}

function consents(json: object) {
  return createConsentStore({ ...holding(json), clock: createManualClock() });
}

const READ: Readonly<Record<keyof typeof vectors, () => unknown>> = {
  connection: () => connectionFrom(itemFromJson(vectors.connection)),
  accessToken: () => createAccessTokenStore(holding(vectors.accessToken)).read('', ''),
  tombstone: () => createAccessTokenStore(holding(vectors.tombstone)).read('', ''),
  breakers: () => createBreakerStore(holding(vectors.breakers)).read(),
  session: () => consents(vectors.session).readSession('', 0),
  // A conflict on a state shows its recorded outcome.
  consumedState: async () => {
    const { client, tableName } = holding(vectors.consumedState);
    const losing = { ...client, put: async () => 'conflict' as const };
    const store = createConsentStore({ client: losing, tableName, clock: createManualClock() });
    return store.consume('', 0);
  },
  pending: () => consents(vectors.pending).pending.read('', 0),
  parkedInput: () => readParkedInput(vectors.parkedInput),
};

const { breakers, tombstone, outcome } = PRESENT_RECORDS;
const EXPECTED: Readonly<Record<keyof typeof vectors, unknown>> = {
  connection: PRESENT_RECORDS.connection,
  accessToken: PRESENT_RECORDS.accessToken,
  tombstone: { kind: 'tombstone', ...tombstone },
  breakers: { ...breakers, revision: breakers.revision + 1 },
  session: PRESENT_RECORDS.session,
  consumedState: { kind: 'already', outcome },
  pending: PRESENT_RECORDS.pending,
  parkedInput: PRESENT_RECORDS.parked,
};

describe('What version 1 stored', () => {
  it.each(Object.keys(READ) as (keyof typeof vectors)[])('%s: is read by the present code', async (name) => {
    expect(await READ[name](), RULE).toEqual(EXPECTED[name]);
  });

  it.each(Object.keys(vectors) as (keyof typeof vectors)[])(
    '%s: is what the present code writes, so that version 1 reads it',
    (name) => {
      expect(written[name], RULE).toEqual(vectors[name]);
    },
  );

  it('is all that the present code writes', () => {
    expect(Object.keys(written)).toEqual(Object.keys(vectors));
  });
});
