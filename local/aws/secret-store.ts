import { randomUUID } from 'node:crypto';
import { AwsServiceError } from './protocols.ts';

export interface Secret {
  /** With the random suffix, as CloudFormation's Ref gives it. */
  secretArn: string;
  name: string;
  description?: string;
  /** A customer-managed key. Absent: the key of Secrets Manager, which asks for no permission. */
  kmsKeyArn?: string;
  /** Absent: the secret exists but has never been filled. */
  secretString?: string;
}

export interface SecretVersion {
  versionId: string;
  secretString: string;
  createdAtMs: number;
}

export interface StoredSecret extends Secret {
  /** By staging label: AWSCURRENT and AWSPREVIOUS. */
  stages: Map<string, SecretVersion>;
  createdAtMs: number;
  /** Scheduled for deletion: its value cannot be read. */
  deletedAtMs?: number;
}

export interface SecretStore {
  add(secret: Secret): StoredSecret;
  /** By name, ARN, or ARN without the random suffix. */
  find(secretId: string): StoredSecret | undefined;
  /** As `find`, refusing as Secrets Manager does when there is none. */
  get(secretId: string | undefined): StoredSecret;
  /** Makes the value current; the same version id with the same value is the same request again. */
  put(secret: StoredSecret, secretString: string, versionId: string): void;
  remove(secret: StoredSecret): void;
}

export function createSecretStore(deps: { secrets: Secret[]; nowMs: () => number }): SecretStore {
  const secrets = new Set<StoredSecret>();
  const find = (secretId: string) => [...secrets].find((secret) => answersTo(secret, secretId));

  const put = (secret: StoredSecret, secretString: string, versionId: string) => {
    const known = [...secret.stages.values()].find((version) => version.versionId === versionId);
    if (known?.secretString === secretString) return;
    if (known) {
      throw new AwsServiceError('ResourceExistsException', 'a different value has this ClientRequestToken');
    }
    const current = secret.stages.get('AWSCURRENT');
    if (current) secret.stages.set('AWSPREVIOUS', current);
    secret.stages.set('AWSCURRENT', { versionId, secretString, createdAtMs: deps.nowMs() });
  };

  const add = (secret: Secret) => {
    const stored: StoredSecret = { ...secret, stages: new Map(), createdAtMs: deps.nowMs() };
    secrets.add(stored);
    if (secret.secretString !== undefined) put(stored, secret.secretString, randomUUID());
    return stored;
  };
  deps.secrets.forEach(add);

  return {
    add,
    find,
    get(secretId) {
      const secret = find(secretId ?? '');
      if (secret) return secret;
      const message = "Secrets Manager can't find the specified secret.";
      throw new AwsServiceError('ResourceNotFoundException', message);
    },
    put,
    remove: (secret) => void secrets.delete(secret),
  };
}

function answersTo({ name, secretArn }: Secret, secretId: string) {
  return (
    secretId === name || secretId === secretArn || secretId === secretArn.replace(/-[A-Za-z0-9]{6}$/, '')
  );
}
