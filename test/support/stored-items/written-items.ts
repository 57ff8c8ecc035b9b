import { createAccessTokenStore } from '../../../functions/adapters/dynamodb/access-token-store.ts';
import { createBreakerStore } from '../../../functions/adapters/dynamodb/breaker-store.ts';
import { connectionItem } from '../../../functions/adapters/dynamodb/connection-item.ts';
import { createConsentStore } from '../../../functions/adapters/dynamodb/consent-store.ts';
import type { Item } from '../../../functions/adapters/dynamodb/dynamodb-client.ts';
import { toItem } from '../../../functions/adapters/dynamodb/items.ts';
import { writeParkedInput } from '../../../functions/core/rotation/parked-successor.ts';
import { createManualClock } from '../fakes/manual-clock.ts';
import { itemToJson } from './item-text.ts';
import { createOneItemTable } from './one-item-table.ts';
import { PRESENT_RECORDS } from './present-records.ts';

type OneItemTable = ReturnType<typeof createOneItemTable>;
type Write = (table: OneItemTable['table']) => Promise<unknown>;

const { accessToken, tombstone, breakers, session, outcome, pending, parked, ttlEpochSeconds } =
  PRESENT_RECORDS;

async function written(write: Write): Promise<unknown> {
  const one = createOneItemTable();
  await write(one.table);
  return itemToJson(one.item);
}

function consents(table: OneItemTable['table']) {
  return createConsentStore({ ...table, clock: createManualClock(), newConsumer: () => 'consumer' });
}

/** What the present code writes, by the names of `test/vectors/stored-items.json`. */
export async function writtenItems(): Promise<Readonly<Record<string, unknown>>> {
  const consumed: Item = toItem({ outcome });
  return {
    connection: itemToJson(connectionItem(PRESENT_RECORDS.connection)),
    accessToken: await written((table) =>
      createAccessTokenStore(table).publish(accessToken, ttlEpochSeconds),
    ),
    tombstone: await written((table) =>
      createAccessTokenStore(table).invalidateOlder(
        tombstone.connectionId,
        tombstone.scopeSet,
        tombstone.generation,
        ttlEpochSeconds,
      ),
    ),
    breakers: await written((table) => createBreakerStore(table).write(breakers)),
    session: await written((table) => consents(table).openSession(session)),
    consumedState: {
      ...((await written((table) =>
        consents(table).consume('digest', PRESENT_RECORDS.expiresAtMs),
      )) as object),
      ...(itemToJson(consumed) as object),
    },
    pending: await written((table) => consents(table).keepPending(pending)),
    parkedInput: JSON.parse(writeParkedInput(parked)),
  };
}
