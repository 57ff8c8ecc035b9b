import type { AwsCall, AwsService } from '../aws-call.ts';
import { AwsServiceError, jsonAnswer, jsonError, targetOperation } from '../protocols.ts';
import { createDynaliteStore } from './dynalite-store.ts';
import { dynamoDbAuthorizations } from './dynamodb-authorizations.ts';
import { type DynamoDbInput, tableInputsOf } from './dynamodb-input.ts';
import { allItems, createIndexReplica, type IndexReplica } from './index-replica.ts';
import { createTableHistory, type TableHistory } from './table-history.ts';
import { describeProtection, withDeletionProtection } from './table-protection.ts';
import {
  createTableInput,
  type Item,
  keyOf,
  type TableProperties,
  type TableProtection,
} from './table-schema.ts';
import { type ItemWrite, watched } from './watched-writes.ts';

export interface TableCounts {
  /** Calls by operation, refused ones included. */
  operations: Record<string, number>;
  /** Items written or deleted by calls that succeeded. */
  writes: number;
}

export interface DynamoDbService extends AwsService {
  /** Takes the properties of an `AWS::DynamoDB::Table`; the table can be used at once. */
  createTable(table: TableProperties & TableProtection): Promise<void>;
  /** Protections that an operator switches on or off in the console. */
  protect(tableName: string, change: TableProtection): void;
  counts(tableName: string): TableCounts;
  /** Everything in a table, for tests and the demo's timeline. */
  items(tableName: string): Promise<Item[]>;
  /** From now on index reads show the tables as they were this long ago; 0 switches it off. */
  lagIndexReads(lagMs: number): Promise<void>;
  /** From now on the table can be restored to any moment. Writes of several items at once are not in its history. */
  keepHistory(tableName: string): Promise<void>;
  /** Shows every successful write of one item, in the order the table takes them. */
  watchWrites(listener: (write: ItemWrite) => void): void;
}

interface RestoreInput {
  readonly SourceTableName?: string;
  readonly TargetTableName?: string;
  /** Seconds since 1970. */
  readonly RestoreDateTime?: number;
}

const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'];

export function createDynamoDbService(deps: {
  accountId: string;
  region: string;
  nowMs: () => number;
}): DynamoDbService {
  const store = createDynaliteStore();
  const tables = new Map<string, TableProperties>();
  const counts = new Map<string, TableCounts>();
  const protections = new Map<string, TableProtection>();
  const arnPrefix = `arn:aws:dynamodb:${deps.region}:${deps.accountId}:table/`;
  const histories = new Map<string, TableHistory>();
  let replica: IndexReplica | undefined;
  let run = store.run;

  const countsOf = (tableName: string): TableCounts => {
    const known = counts.get(tableName) ?? { operations: {}, writes: 0 };
    counts.set(tableName, known);
    return known;
  };

  const afterWrite = async (input: DynamoDbInput) => {
    for (const { tableName, items } of tableInputsOf(input)) {
      countsOf(tableName).writes += items.length;
      const table = tables.get(tableName);
      if (table && replica)
        await replica.written(
          table,
          items.map((item) => keyOf(table, item)),
        );
    }
  };

  const addTable = async (table: TableProperties) => {
    tables.set(table.TableName, table);
    await replica?.addTable(table);
  };

  const restore = async (input: RestoreInput) => {
    const { SourceTableName = '', TargetTableName = '', RestoreDateTime } = input;
    const source = tables.get(SourceTableName);
    const history = histories.get(SourceTableName);
    if (!source || !history) {
      const message = `${SourceTableName} has no history here.`;
      throw new AwsServiceError('PointInTimeRecoveryUnavailableException', message);
    }
    const items = history.itemsAt(RestoreDateTime === undefined ? deps.nowMs() : RestoreDateTime * 1000);
    const target = { ...source, TableName: TargetTableName };
    await store.createTable(createTableInput(target));
    await addTable(target);
    for (const Item of items) await store.call('PutItem', { TableName: TargetTableName, Item });
    return jsonAnswer({ TableDescription: { TableName: TargetTableName, TableStatus: 'CREATING' } });
  };

  const answer = async (call: AwsCall) => {
    const input = call.json() as DynamoDbInput;
    for (const { tableName } of tableInputsOf(input)) {
      const { operations } = countsOf(tableName);
      operations[call.operation] = (operations[call.operation] ?? 0) + 1;
    }
    if (call.operation === 'RestoreTableToPointInTime') return restore(call.json() as RestoreInput);
    const described = describeProtection(call.operation, tables, protections, input.TableName);
    if (described) return described;
    const lagging = input.IndexName !== undefined && replica ? await replica.current() : undefined;
    const ran = await (lagging?.run ?? run)(call.operation, call.body);
    const { status } = ran;
    const { deletionProtection = false } = protections.get(input.TableName ?? '') ?? {};
    const body =
      call.operation === 'DescribeTable' && status === 200
        ? withDeletionProtection(ran.body, deletionProtection)
        : ran.body;
    if (status === 200 && call.operation === 'CreateTable') await addTable(call.json() as TableProperties);
    if (status === 200 && WRITES.includes(call.operation)) await afterWrite(input);
    return {
      status,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: call.operation.endsWith('Table')
        ? body.replaceAll(/arn:aws:dynamodb:[^:]*:\d+:table\//g, arnPrefix)
        : body,
    };
  };

  return {
    service: 'dynamodb',
    async createTable(table) {
      await store.createTable(createTableInput(table));
      await addTable(table);
      const { deletionProtection, pointInTimeRecovery, timeToLiveAttribute } = table;
      protections.set(table.TableName, {
        ...(deletionProtection !== undefined && { deletionProtection }),
        ...(pointInTimeRecovery !== undefined && { pointInTimeRecovery }),
        ...(timeToLiveAttribute !== undefined && { timeToLiveAttribute }),
      });
    },
    protect: (tableName, change) =>
      void protections.set(tableName, { ...protections.get(tableName), ...change }),
    counts: (tableName) => structuredClone(countsOf(tableName)),
    items: (tableName) => allItems(store, tableName),
    async lagIndexReads(lagMs) {
      const { nowMs } = deps;
      replica =
        lagMs > 0 ? await createIndexReplica({ store, tables: tables.values(), lagMs, nowMs }) : undefined;
    },
    async keepHistory(tableName) {
      const table = tables.get(tableName);
      if (!table) throw new AwsServiceError('ResourceNotFoundException', tableName);
      const history = createTableHistory(table, await allItems(store, tableName), deps.nowMs());
      histories.set(tableName, history);
      run = watched(
        store,
        (name) => tables.get(name),
        (write) => {
          if (write.tableName === tableName) history.written(write, deps.nowMs());
        },
      );
    },
    watchWrites(listener) {
      run = watched(store, (tableName) => tables.get(tableName), listener);
    },
    operationOf: ({ headers }) =>
      targetOperation(headers, { targetPrefix: 'DynamoDB_20120810', version: '1.0' }),
    authorizations: (call) =>
      dynamoDbAuthorizations(call.operation, call.json() as DynamoDbInput, tables, arnPrefix),
    answer,
    error: jsonError,
  };
}
