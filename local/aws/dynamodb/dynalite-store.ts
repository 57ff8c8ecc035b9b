import { EventEmitter } from 'node:events';
import dynalite from 'dynalite';
import { AwsServiceError } from '../protocols.ts';

export interface DynaliteStore {
  /** The raw answer to a raw request body. */
  run(operation: string, body: Uint8Array): Promise<{ status: number; body: string }>;
  /** The same with plain values, throwing what DynamoDB refuses. */
  call(operation: string, input: object): Promise<unknown>;
  /** Resolves when the table can be used. */
  createTable(input: { TableName: string }): Promise<void>;
}

/** dynalite requires a signature and does not verify it: the endpoint has verified it already. */
const SIGNED = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-date': '-',
  authorization: 'AWS4-HMAC-SHA256 Credential=-, SignedHeaders=-, Signature=-',
};

/**
 * An in-memory DynamoDB inside this process. Requests are handed to dynalite's own request handler without
 * a socket: 0.1 ms for a GetItem, where a loopback connection takes 0.4 ms.
 */
export function createDynaliteStore(): DynaliteStore {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });

  const run = (operation: string, body: Uint8Array) =>
    new Promise<{ status: number; body: string }>((resolve) => {
      const req = Object.assign(new EventEmitter(), {
        method: 'POST',
        url: '/',
        headers: { ...SIGNED, 'x-amz-target': `DynamoDB_20120810.${operation}` },
      });
      const res = {
        statusCode: 200,
        setHeader: () => undefined,
        end(text = '') {
          resolve({ status: res.statusCode, body: text });
        },
      };
      server.emit('request', req, res);
      req.emit('data', body);
      req.emit('end');
    });

  const call = async (operation: string, input: object): Promise<unknown> => {
    const answer = await run(operation, Buffer.from(JSON.stringify(input)));
    const value = JSON.parse(answer.body);
    if (answer.status === 200) return value;
    throw new AwsServiceError(String(value.__type).replace(/^.*#/, ''), value.message ?? '');
  };

  return {
    run,
    call,
    async createTable(input) {
      await call('CreateTable', input);
      const isActive = async () => {
        const described = await call('DescribeTable', { TableName: input.TableName });
        return (described as { Table: { TableStatus: string } }).Table.TableStatus === 'ACTIVE';
      };
      while (!(await isActive())) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
