import { toItem } from './attributes.ts';
import type { DynamoDbClient, Item } from './dynamodb-client.ts';

/** The table Ephemeral: key `key`, TTL `ttlEpochSeconds`. TTL only cleans up, some time after the moment. */
export interface EphemeralTable {
  readonly client: DynamoDbClient;
  readonly tableName: string;
}

/** The prefix tells what an item is; policies may name it. */
export type EphemeralKey = `session#${string}` | `state#${string}` | `code#${string}` | 'breakers';

export function ephemeralItem(key: EphemeralKey, record: { readonly expiresAtMs: number }): Item {
  return toItem({ ...record, key, ttlEpochSeconds: ttlEpochSeconds(record.expiresAtMs) });
}

export function ttlEpochSeconds(expiresAtMs: number): number {
  return Math.ceil(expiresAtMs / 1_000);
}
