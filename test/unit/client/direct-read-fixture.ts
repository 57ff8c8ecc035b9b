import { createTokenClient, type TokenClientOptions } from '../../../client/index.ts';
import { sealWithDataKey } from '../../../functions/adapters/kms/token-sealing.ts';
import { tokenDigest } from '../../../functions/core/access-tokens/access-token-record.ts';
import type { AccessSealBinding } from '../../../functions/core/connection/sealed-token.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { ID, tokenAnswer } from './client-fixture.ts';

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const TABLE = 'AccessTokens';
const KEY_ARN = 'arn:aws:kms:eu-west-1:111122223333:key/access';
const CLIENT_ID = 'client-1';
const DATA_KEY = Buffer.alloc(32, 7);

export type AwsOperation = 'GetItem' | 'BatchGetItem' | 'Decrypt' | 'https';
export type Item = Record<string, object>;

interface Call {
  readonly url: URL;
  readonly operation: AwsOperation;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
  readonly signal: AbortSignal;
}

export type Interference = (call: Call, number: number) => Response | Promise<Response> | undefined;

export function refusal(code: string, status = 400): Response {
  return Response.json({ __type: `com.amazonaws#${code}`, message: 'No.' }, { status });
}

/** A client with a table and a key in memory, and a vault behind HTTPS that answers `over-https`. */
export function directFixture({
  interfere = () => undefined,
  ...options
}: Partial<TokenClientOptions> & { interfere?: Interference } = {}) {
  const clock = { nowMs: Date.UTC(2026, 0, 15, 12), serverAheadMs: 0 };
  const items = new Map<string, Item>();
  const calls: Call[] = [];

  const answer = ({ operation, body }: Call, url: URL): Response => {
    const headers = { date: new Date(clock.nowMs + clock.serverAheadMs).toUTCString() };
    const json = (value: object) => Response.json(value, { headers });
    const itemOf = (key: unknown) => items.get(keyText(key as Item));
    switch (operation) {
      case 'GetItem':
        return json({ Item: itemOf(body.Key) });
      case 'BatchGetItem': {
        const { Keys } = (body.RequestItems as Record<string, { Keys: Item[] }>)[TABLE] ?? { Keys: [] };
        return json({
          Responses: { [TABLE]: Keys.flatMap((key) => itemOf(key) ?? []) },
          UnprocessedKeys: {},
        });
      }
      case 'Decrypt':
        return body.CiphertextBlob === Buffer.from(JSON.stringify(body.EncryptionContext)).toString('base64')
          ? json({ KeyId: KEY_ARN, Plaintext: DATA_KEY.toString('base64') })
          : refusal('InvalidCiphertextException');
      case 'https':
        return tokenAnswer('over-https', { connectionId: url.pathname.split('/').at(-1) });
    }
  };

  const client = createTokenClient({
    url: 'https://abc123.execute-api.eu-west-1.amazonaws.com',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
    directRead: { tableName: TABLE, keyArn: KEY_ARN, clientId: CLIENT_ID },
    nowMs: () => clock.nowMs,
    random: () => 0,
    fetch: async (input, init) => {
      const url = new URL(String(input));
      const headers = new Headers(init?.headers);
      const operation = (headers.get('x-amz-target')?.split('.')[1] ?? 'https') as AwsOperation;
      const call = {
        url,
        operation,
        headers,
        // AWS STS takes a form.
        body: typeof init?.body === 'string' && operation !== 'https' ? JSON.parse(init.body) : {},
        signal: init?.signal ?? new AbortController().signal,
      };
      calls.push(call);
      return (await interfere(call, calls.length)) ?? answer(call, url);
    },
    ...options,
  });

  /** Stores a token as the vault does; `changes` falsify the item after it was sealed. */
  const store = (token: string, binding: Partial<AccessSealBinding> = {}, changes: Item = {}): Item => {
    const bound: AccessSealBinding = {
      purpose: 'access',
      connectionId: ID,
      clientId: CLIENT_ID,
      generation: '01HZGENERATION',
      version: 3,
      expiresAtMs: clock.nowMs + DAY_MS,
      scopeSet: '*',
      ...binding,
    };
    const context = { connection: bound.connectionId, purpose: bound.purpose, clientId: bound.clientId };
    const key = { plaintext: DATA_KEY, wrapped: Buffer.from(JSON.stringify(context)) };
    const sealed = sealWithDataKey(new Secret(token), bound, key, Buffer.alloc(12, 1));
    const item: Item = {
      kind: { S: 'token' },
      connectionId: { S: bound.connectionId },
      scopeSet: { S: bound.scopeSet },
      clientId: { S: bound.clientId },
      generation: { S: bound.generation },
      version: { N: String(bound.version) },
      sealed: { B: Buffer.from(sealed).toString('base64') },
      issuedAtMs: { N: String(clock.nowMs) },
      expiresAtMs: { N: String(bound.expiresAtMs) },
      scopes: { L: [{ S: 'openid' }] },
      digest: { S: tokenDigest(new Secret(token)) },
      rotateAtMs: { N: String(clock.nowMs + 7 * DAY_MS) },
      ...changes,
    };
    items.set(keyText(item), item);
    return item;
  };

  return { client, clock, items, calls, store, operations: () => calls.map(({ operation }) => operation) };
}

function keyText({ connectionId, scopeSet }: Item): string {
  return JSON.stringify([connectionId, scopeSet]);
}
