import type { AccessTokenRecord } from '../../../../functions/core/access-tokens/access-token-record.ts';
import type { Connection } from '../../../../functions/core/connection/connection.ts';
import type { Breakers } from '../../../../functions/core/rotation/breakers.ts';

/**
 * What DynamoDB would count: the bytes of attribute names and values ("Item sizes and formats" of its guide). Tokens of
 * Adobe are JWTs of more than a kilobyte; ours are short, so sealed ones are counted as long as the real ones would be.
 */
const SEALED_REFRESH_BYTES = 220 + 1_200;
const SEALED_ACCESS_BYTES = 220 + 1_500;
/** Keys, state, scopes and times of a connection; a test holds this against what the adapter writes. */
const CONNECTION_FACTS_BYTES = 720;
const EVENT_BYTES = 190;
const ACCESS_FACTS_BYTES = 330;
const BREAKERS_FACTS_BYTES = 60;
const TRANSACTION_BYTES = 60;

/** `readUnits` of a strongly consistent read; half of it otherwise. */
export const readUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / 4_096));
export const writeUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / 1_024));

/** Reckoned, not measured attribute by attribute: units come in whole kilobytes, and a run makes millions of writes. */
export function connectionBytes(connection: Connection): number {
  const { refresh, previous, alternate, displaced = [], outbox, revocations } = connection;
  const held = [refresh, previous, alternate].filter((token) => token !== undefined);
  const tokens = held.length + displaced.length + revocations.length;
  return CONNECTION_FACTS_BYTES + tokens * SEALED_REFRESH_BYTES + outbox.length * EVENT_BYTES;
}

export function accessTokenBytes(record: AccessTokenRecord): number {
  return ACCESS_FACTS_BYTES + (record.kind === 'token' ? SEALED_ACCESS_BYTES : 0);
}

export function breakersBytes({ recent }: Breakers): number {
  return BREAKERS_FACTS_BYTES + recent.length * TRANSACTION_BYTES;
}
