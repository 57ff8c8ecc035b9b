import { writeParkedInput } from '../../../functions/core/domain/parked-input.ts';
import { createAccessTokenStore } from '../../../functions/platform/dynamodb/access-token-store.ts';
import { toItem } from '../../../functions/platform/dynamodb/attributes.ts';
import { createBreakerStore } from '../../../functions/platform/dynamodb/breaker-store.ts';
import { connectionItem } from '../../../functions/platform/dynamodb/connection-item.ts';
import { createConsentStore } from '../../../functions/platform/dynamodb/consent-store.ts';
import type { Item } from '../../../functions/platform/dynamodb/dynamodb-client.ts';
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

const consents = (table: OneItemTable['table']) =>
  createConsentStore({ ...table, clock: createManualClock() });

/** What the present code writes, by the names of `test/vectors/stored-items.json`. */
export async function writtenItems(): Promise<Readonly<Record<string, unknown>>> {
  const burnt: Item = toItem({ outcome });
  return {
    connection: itemToJson(connectionItem(PRESENT_RECORDS.connection)),
    accessToken: await written((table) =>
      createAccessTokenStore(table).publish(accessToken, ttlEpochSeconds),
    ),
    tombstone: await written((table) =>
      createAccessTokenStore(table).bury(
        tombstone.connectionId,
        tombstone.scopeSet,
        tombstone.generation,
        ttlEpochSeconds,
      ),
    ),
    breakers: await written((table) => createBreakerStore(table).write(breakers)),
    session: await written((table) => consents(table).openSession(session)),
    burntState: {
      ...((await written((table) => consents(table).burn('digest', PRESENT_RECORDS.expiresAtMs))) as object),
      ...(itemToJson(burnt) as object),
    },
    pending: await written((table) => consents(table).keepPending(pending)),
    parkedInput: JSON.parse(writeParkedInput(parked)),
  };
}
