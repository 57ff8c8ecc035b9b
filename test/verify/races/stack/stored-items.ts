import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { accessTokenFrom } from '../../../../functions/adapters/dynamodb/access-token-store.ts';
import { connectionFrom } from '../../../../functions/adapters/dynamodb/connection-item.ts';
import type { AccessTokenRecord } from '../../../../functions/core/access-tokens/access-token-record.ts';
import type { Connection } from '../../../../functions/core/connection/connection.ts';

type WireItem = Record<string, Record<string, unknown>>;

/** Items as they are on the wire, where bytes are base64, in the words of the domain. */
export const storedConnection = (item: WireItem): Connection => connectionFrom(fromWire(item));
export const storedAccessToken = (item: WireItem): AccessTokenRecord => accessTokenFrom(fromWire(item));

function fromWire(item: WireItem): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, attributeFrom(value)]));
}

function attributeFrom(value: Record<string, unknown>): AttributeValue {
  const { S, N, BOOL, B, L, M } = value;
  if (typeof S === 'string') return { S };
  if (typeof N === 'string') return { N };
  if (typeof BOOL === 'boolean') return { BOOL };
  if (typeof B === 'string') return { B: new Uint8Array(Buffer.from(B, 'base64')) };
  if (Array.isArray(L)) return { L: L.map(attributeFrom) };
  if (typeof M === 'object') return { M: fromWire(M as WireItem) };
  throw new TypeError('Expected an attribute value of a kind the vault writes.');
}
