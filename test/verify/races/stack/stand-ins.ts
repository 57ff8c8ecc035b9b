import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { NONCE_BYTES, parseEnvelope } from '../../../../client/sealed-token/envelope.ts';
import { encryptionContextOf } from '../../../../client/sealed-token/seal-binding.ts';
import { accessTokenFrom } from '../../../../functions/adapters/dynamodb/access-token-store.ts';
import { connectionFrom } from '../../../../functions/adapters/dynamodb/connection-item.ts';
import { openWithDataKey, sealWithDataKey } from '../../../../functions/adapters/kms/token-sealing.ts';
import type { AccessTokenRecord } from '../../../../functions/core/access-tokens/access-token-record.ts';
import type { Connection } from '../../../../functions/core/connection/connection.ts';
import type { SealedRefreshToken } from '../../../../functions/core/connection/sealed-token.ts';
import { Secret } from '../../../../functions/core/secret.ts';
import type { AwsAnswer, AwsService } from '../../../../local/aws/aws-call.ts';
import type { KmsService } from '../../../../local/aws/kms/kms-service.ts';

interface StandInRequest {
  readonly operation: string;
  readonly method?: string;
  readonly path?: string;
  readonly body?: object;
}

/** Asks a stand-in directly, past signature and IAM: for preparing a race and for looking at it, never for the code under test. */
export async function askStandIn(
  service: AwsService,
  { operation, method = 'POST', path = '/', body = {} }: StandInRequest,
): Promise<Record<string, unknown>> {
  const answer: AwsAnswer = await service.answer({
    service: service.service,
    operation,
    method,
    path,
    headers: {},
    body: Buffer.from(JSON.stringify(body)),
    caller: { roleName: 'test', roleArn: 'test', accessKeyId: 'test' },
    json: () => body,
  });
  const text = Buffer.from(answer.body ?? '').toString('utf8');
  if (answer.status !== 200) throw new Error(`${service.service} ${operation} answered ${answer.status}.`);
  return text === '' ? {} : JSON.parse(text);
}

type Owner = Pick<Connection, 'connectionId' | 'clientId'>;

/** Opens sealed refresh tokens with the stand-in's key, for the rules of a test. */
export interface TokenReader {
  open(owner: Owner, token: SealedRefreshToken): Promise<string>;
  /** Seals a successor as a rotator would. */
  seal(
    owner: Owner,
    identity: Omit<SealedRefreshToken, 'sealed'>,
    token: string,
  ): Promise<SealedRefreshToken>;
}

export function createTokenReader(kms: KmsService, refreshKeyArn: string): TokenReader {
  const opened = new Map<string, Promise<string>>();
  const bindingOf = (
    { connectionId, clientId }: Owner,
    { generation, version }: Omit<SealedRefreshToken, 'sealed'>,
  ) => ({ purpose: 'refresh', connectionId, clientId, generation, version }) as const;

  const openOnce = async (owner: Owner, token: SealedRefreshToken): Promise<string> => {
    const envelope = parseEnvelope(token.sealed);
    if (!envelope) throw new Error('A stored token has no known format.');
    const binding = bindingOf(owner, token);
    const { Plaintext } = await askStandIn(kms, {
      operation: 'Decrypt',
      body: {
        CiphertextBlob: Buffer.from(envelope.wrappedKey).toString('base64'),
        EncryptionContext: encryptionContextOf(binding),
      },
    });
    return openWithDataKey(envelope, binding, Buffer.from(String(Plaintext), 'base64')).reveal();
  };

  return {
    open(owner, token) {
      const key = Buffer.from(token.sealed).toString('base64');
      const known = opened.get(key) ?? openOnce(owner, token);
      opened.set(key, known);
      return known;
    },
    async seal(owner, identity, token) {
      const binding = bindingOf(owner, identity);
      const made = await askStandIn(kms, {
        operation: 'GenerateDataKey',
        body: { KeyId: refreshKeyArn, KeySpec: 'AES_256', EncryptionContext: encryptionContextOf(binding) },
      });
      const key = {
        plaintext: Buffer.from(String(made.Plaintext), 'base64'),
        wrapped: Buffer.from(String(made.CiphertextBlob), 'base64'),
      };
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      return { ...identity, sealed: sealWithDataKey(new Secret(token), binding, key, nonce) };
    },
  };
}

type WireItem = Record<string, Record<string, unknown>>;

/** Items as they are on the wire, where bytes are base64, in the words of the domain. */
export function storedConnection(item: WireItem): Connection {
  return connectionFrom(fromWire(item));
}

export function storedAccessToken(item: WireItem): AccessTokenRecord {
  return accessTokenFrom(fromWire(item));
}

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
