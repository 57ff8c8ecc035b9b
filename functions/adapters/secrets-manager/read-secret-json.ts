import {
  GetSecretValueCommand,
  type GetSecretValueCommandOutput,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { PlatformError } from '../../core/platform-error.ts';
import { Secret } from '../../core/secret.ts';
import { toSecretError } from './secret-error.ts';
import { SECRETS_CALL_TIMEOUT_MS } from './secrets-client.ts';

export type SecretFields = Readonly<Record<string, unknown>>;

/**
 * Reads a secret that is a JSON object; `undefined` when it has no value yet, or a blank one.
 * @throws PlatformError SECRET_UNAVAILABLE, with reason `malformed` when the value is something else; ACCESS_DENIED
 */
export async function readSecretJson(
  client: SecretsManagerClient,
  secretId: string,
): Promise<SecretFields | undefined> {
  return (await readSecretVersion(client, secretId))?.fields;
}

/** The same, with the id that Secrets Manager gives to what was last stored. */
export async function readSecretVersion(
  client: SecretsManagerClient,
  secretId: string,
): Promise<{ readonly fields: SecretFields; readonly versionId: string } | undefined> {
  const { SecretString: text, VersionId: versionId = '' } = (await readSecret(client, secretId)) ?? {};
  return text === undefined || text.trim() === '' ? undefined : { fields: parseSecret(text), versionId };
}

/** A member that holds something else than white space, without the white space a paste brings along. */
export function secretField(fields: SecretFields, name: string): Secret | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw malformed();
  return value.trim() === '' ? undefined : new Secret(value.trim());
}

async function readSecret(
  client: SecretsManagerClient,
  secretId: string,
): Promise<GetSecretValueCommandOutput | undefined> {
  try {
    const command = new GetSecretValueCommand({ SecretId: secretId });
    return await client.send(command, { abortSignal: AbortSignal.timeout(SECRETS_CALL_TIMEOUT_MS) });
  } catch (cause) {
    // Also said of a secret that was made without a value.
    if (cause instanceof Error && cause.name === 'ResourceNotFoundException') return undefined;
    throw toSecretError(cause, 'read');
  }
}

function parseSecret(text: string): SecretFields {
  const value = parsed(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed();
  return value as SecretFields;
}

/** JSON.parse repeats what it could not read in its message, so its error goes no further. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const MALFORMED = 'malformed';

export const malformed = (): PlatformError =>
  new PlatformError('SECRET_UNAVAILABLE', 'The secret is not the JSON object it should be.', {
    reason: MALFORMED,
  });
