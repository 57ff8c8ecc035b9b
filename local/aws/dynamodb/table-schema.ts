/** One attribute value as on the wire, such as `{ "S": "text" }`. */
export type AttributeValue = Record<string, unknown>;
export type Item = Record<string, AttributeValue>;

interface KeyElement {
  AttributeName: string;
  KeyType: string;
}

interface Index {
  IndexName: string;
  KeySchema: KeyElement[];
  Projection?: unknown;
}

/** The members of `AWS::DynamoDB::Table` that decide how a table behaves; others are ignored. */
export interface TableProperties {
  TableName: string;
  KeySchema: KeyElement[];
  AttributeDefinitions: { AttributeName: string; AttributeType: string }[];
  GlobalSecondaryIndexes?: Index[];
}

/** Deletion protection, point-in-time recovery and TTL of a table. */
export interface TableProtection {
  deletionProtection?: boolean;
  pointInTimeRecovery?: boolean;
  timeToLiveAttribute?: string;
}

/** What CreateTable wants: a template's table holds members that the API does not know. */
export function createTableInput(table: TableProperties): { TableName: string; [member: string]: unknown } {
  const indexes = table.GlobalSecondaryIndexes?.map(({ IndexName, KeySchema, Projection }) => ({
    IndexName,
    KeySchema,
    Projection,
  }));
  return {
    TableName: table.TableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: table.KeySchema,
    AttributeDefinitions: table.AttributeDefinitions,
    ...(indexes?.length ? { GlobalSecondaryIndexes: indexes } : {}),
  };
}

/** The partition key's name, of the table or of one of its indexes. */
export function partitionKeyOf(table: TableProperties, indexName?: string): string | undefined {
  const index = table.GlobalSecondaryIndexes?.find((i) => i.IndexName === indexName);
  const schema = indexName === undefined ? table.KeySchema : index?.KeySchema;
  return schema?.find((k) => k.KeyType === 'HASH')?.AttributeName;
}

/** The primary key out of an item. */
export function keyOf(table: TableProperties, item: Item): Item {
  const names = new Set(table.KeySchema.map((k) => k.AttributeName));
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.has(name)));
}
