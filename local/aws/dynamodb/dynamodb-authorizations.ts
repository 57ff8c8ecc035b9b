import type { AuthorizationRequest } from '../aws-call.ts';
import {
  attributesIn,
  type DynamoDbInput,
  keyConditionValue,
  type TableInput,
  tableInputsOf,
} from './dynamodb-input.ts';
import { type AttributeValue, partitionKeyOf, type TableProperties } from './table-schema.ts';

/**
 * What DynamoDB asks IAM: once per table of the request, on the index when one is read.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
export function dynamoDbAuthorizations(
  operation: string,
  input: DynamoDbInput,
  tables: ReadonlyMap<string, TableProperties>,
  arnPrefix: string,
): AuthorizationRequest[] {
  const action = `dynamodb:${operation}`;
  if (operation === 'ListTables') return [{ action, resource: `${arnPrefix}*`, context: {} }];
  if (operation === 'RestoreTableToPointInTime') {
    return [input.SourceTableName, input.TargetTableName].map((name) => ({
      action,
      resource: `${arnPrefix}${name}`,
      context: {},
    }));
  }
  return tableInputsOf(input).map((part) => {
    const index = part.input.IndexName === undefined ? '' : `/index/${part.input.IndexName}`;
    const table = tables.get(part.tableName);
    const context = table === undefined ? {} : contextOf(operation, part, table);
    return { action, resource: `${arnPrefix}${part.tableName}${index}`, context };
  });
}

function contextOf(
  operation: string,
  part: TableInput,
  table: TableProperties,
): AuthorizationRequest['context'] {
  const leadingKeys = leadingKeysOf(part, table);
  const attributes = attributesOf(part);
  const { ReturnValues } = part.input;
  return {
    // Absent, not empty: a Null condition must see that a Scan names no key.
    ...(leadingKeys.length > 0 && { 'dynamodb:LeadingKeys': leadingKeys }),
    ...(attributes.length > 0 && { 'dynamodb:Attributes': attributes }),
    ...(isRead(operation) && { 'dynamodb:Select': selectOf(part.input) }),
    ...(ReturnValues !== undefined && { 'dynamodb:ReturnValues': ReturnValues }),
  };
}

function isRead(operation: string) {
  return ['GetItem', 'BatchGetItem', 'Query', 'Scan'].includes(operation);
}

function selectOf({ Select, ProjectionExpression, IndexName }: DynamoDbInput): string {
  if (Select !== undefined) return Select;
  if (ProjectionExpression !== undefined) return 'SPECIFIC_ATTRIBUTES';
  return IndexName === undefined ? 'ALL_ATTRIBUTES' : 'ALL_PROJECTED_ATTRIBUTES';
}

function leadingKeysOf({ input, items }: TableInput, table: TableProperties): string[] {
  const partitionKey = partitionKeyOf(table, input.IndexName);
  if (partitionKey === undefined) return [];
  const values = [...items.map((item) => item[partitionKey]), keyConditionValue(input, partitionKey)];
  return [...new Set(values.flatMap((value) => (value === undefined ? [] : textOf(value))))];
}

function textOf(value: AttributeValue): string {
  return String(Object.values(value)[0]);
}

function attributesOf({ input, items }: TableInput): string[] {
  const expressions = [
    input.KeyConditionExpression,
    input.FilterExpression,
    input.ProjectionExpression,
    input.ConditionExpression,
    input.UpdateExpression,
  ];
  const named = expressions.flatMap((e) => (e ? attributesIn(e, input.ExpressionAttributeNames) : []));
  return [...new Set([...items.flatMap((item) => Object.keys(item)), ...named])];
}
