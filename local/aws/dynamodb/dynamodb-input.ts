import type { AttributeValue, Item } from './table-schema.ts';

interface Keyed {
  Key?: Item;
  Item?: Item;
}

/** The request members that decide what is touched. */
export interface DynamoDbInput extends Keyed {
  TableName?: string;
  IndexName?: string;
  KeyConditionExpression?: string;
  FilterExpression?: string;
  ProjectionExpression?: string;
  ConditionExpression?: string;
  UpdateExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, AttributeValue>;
  Select?: string;
  ReturnValues?: string;
  /** Of a restore. */
  SourceTableName?: string;
  TargetTableName?: string;
  /** An object by table name for the batch operations. */
  RequestItems?: Record<string, BatchRead | BatchWrite[]>;
}

interface BatchRead {
  Keys?: Item[];
  ProjectionExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
}

interface BatchWrite {
  PutRequest?: { Item: Item };
  DeleteRequest?: { Key: Item };
}

/** The part of a request that concerns one table: batches name several. */
export interface TableInput {
  tableName: string;
  input: DynamoDbInput;
  /** Items or keys named outright. */
  items: Item[];
}

export function tableInputsOf(input: DynamoDbInput): TableInput[] {
  if (input.RequestItems === undefined) {
    const items = [input.Key, input.Item].filter((item) => item !== undefined);
    return [{ tableName: input.TableName ?? '', input, items }];
  }
  return Object.entries(input.RequestItems).map(([tableName, requests]) =>
    Array.isArray(requests)
      ? { tableName, input: {}, items: requests.map(writtenItem) }
      : { tableName, input: requests, items: requests.Keys ?? [] },
  );
}

function writtenItem({ PutRequest, DeleteRequest }: BatchWrite): Item {
  return PutRequest?.Item ?? DeleteRequest?.Key ?? {};
}

const KEYWORDS = new Set('AND OR NOT BETWEEN IN SET REMOVE ADD DELETE'.split(' '));

/** The top-level attributes an expression names, placeholders resolved. */
export function attributesIn(expression: string, names: Record<string, string> = {}): string[] {
  const words = expression.match(/(?<![.\w#:])#?[A-Za-z_]\w*(?!\w*\s*\()/g) ?? [];
  return words.filter((w) => !KEYWORDS.has(w.toUpperCase())).map((w) => names[w] ?? w);
}

/** The value that a key condition compares the given attribute with. */
export function keyConditionValue(input: DynamoDbInput, attribute: string): AttributeValue | undefined {
  const equalities = input.KeyConditionExpression?.matchAll(/(#?\w+)\s*=\s*(:\w+)/g) ?? [];
  for (const [, name = '', placeholder = ''] of equalities) {
    if ((input.ExpressionAttributeNames?.[name] ?? name) === attribute) {
      return input.ExpressionAttributeValues?.[placeholder];
    }
  }
  return undefined;
}
