import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../../functions/adapters/dynamodb/dynamodb-client.ts';

/** An item as JSON: bytes in base64, as the AWS CLI shows them. */
export function itemToJson(item: Item): unknown {
  return JSON.parse(
    JSON.stringify(item, (key, value: unknown) => {
      if (key !== 'B') return value;
      return Buffer.from(Object.values(value as Uint8Array)).toString('base64');
    }),
  );
}

interface JsonAttribute {
  readonly B?: string;
  readonly L?: readonly JsonAttribute[];
  readonly M?: object;
}

export function itemFromJson(json: object): Item {
  return Object.fromEntries(
    Object.entries(json).map(([name, value]: [string, JsonAttribute]) => [name, attributeFromJson(value)]),
  );
}

function attributeFromJson({ B, L, M, ...plain }: JsonAttribute): AttributeValue {
  if (B !== undefined) return { B: new Uint8Array(Buffer.from(B, 'base64')) };
  if (L !== undefined) return { L: L.map(attributeFromJson) };
  if (M !== undefined) return { M: itemFromJson(M) };
  return plain as AttributeValue;
}
