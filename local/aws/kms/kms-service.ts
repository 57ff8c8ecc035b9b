import type { AuthorizationRequest, AwsCall, AwsService } from '../aws-call.ts';
import { AwsServiceError, jsonAnswer, jsonError, targetOperation } from '../protocols.ts';
import { keyIdOfBlob } from './kms-blob.ts';
import { createKmsKeys, type KeyMaterials, type KmsGrant, type KmsKey, type KmsKeys } from './kms-keys.ts';
import { type KmsInput, kmsOperations } from './kms-operations.ts';

export interface KmsService extends AwsService {
  addKey(key: KmsKey): void;
  setKeyState(keyRef: string, state: 'Enabled' | 'Disabled' | 'PendingDeletion'): void;
  setRotation(keyRef: string, rotating: boolean): void;
  setGrants(keyRef: string, grants: KmsGrant[]): void;
}

export interface KmsServiceDeps {
  keys: KmsKey[];
  materials?: KeyMaterials;
  /** Key policies are not held here: the authorizer takes them from the IAM directory by key ARN. */
  keyPolicyOf?: (keyArn: string) => unknown;
}

export function createKmsService(deps: KmsServiceDeps): KmsService {
  const keys = createKmsKeys(deps.keys, deps.materials);
  return {
    service: 'kms',
    addKey: (key) => keys.add(key),
    setKeyState(keyRef, state) {
      keys.get(keyRef).state = state;
    },
    setRotation(keyRef, rotating) {
      keys.get(keyRef).rotating = rotating;
    },
    setGrants(keyRef, grants) {
      keys.get(keyRef).grants = grants;
    },
    operationOf: ({ headers }) => targetOperation(headers, { targetPrefix: 'TrentService', version: '1.1' }),
    authorizations: (call) => authorizationsOf(keys, call),
    async answer(call) {
      if (call.operation === 'GetKeyPolicy') {
        const { keyArn } = keys.get((call.json() as KmsInput).KeyId ?? '');
        return jsonAnswer({
          PolicyName: 'default',
          Policy: JSON.stringify(deps.keyPolicyOf?.(keyArn) ?? {}),
        });
      }
      const operation = kmsOperations[call.operation];
      if (!operation) throw new AwsServiceError('UnknownOperationException', call.operation);
      return jsonAnswer(operation(keys, call.json() as KmsInput));
    },
    error: jsonError,
  };
}

/** Nothing to ask about when no key can be named; the operation itself then refuses. */
function authorizationsOf(keys: KmsKeys, call: AwsCall): AuthorizationRequest[] {
  const input = call.json() as KmsInput;
  const blob = input.CiphertextBlob === undefined ? undefined : Buffer.from(input.CiphertextBlob, 'base64');
  const keyRef = (blob ? keyIdOfBlob(blob) : undefined) ?? input.KeyId;
  const key = keyRef === undefined ? undefined : keys.find(keyRef);
  if (!key) return [];
  const context = {
    ...encryptionContextKeys(input),
    ...aliasKeys(input),
    'kms:CallerAccount': accountOf(key.keyArn),
  };
  return [{ action: `kms:${call.operation}`, resource: key.keyArn, context }];
}

function encryptionContextKeys(input: KmsInput): AuthorizationRequest['context'] {
  const pairs = Object.entries(input.EncryptionContext ?? {});
  if (pairs.length === 0) return {};
  return {
    ...Object.fromEntries(pairs.map(([name, value]) => [`kms:EncryptionContext:${name}`, value])),
    'kms:EncryptionContextKeys': pairs.map(([name]) => name),
  };
}

function aliasKeys({ KeyId }: KmsInput): AuthorizationRequest['context'] {
  return KeyId !== undefined && /(^|:)alias\//.test(KeyId)
    ? { 'kms:RequestAlias': KeyId.replace(/^arn:.*:alias\//, 'alias/') }
    : {};
}

function accountOf(arn: string) {
  return arn.split(':')[4] ?? '';
}
