import {
  GetSecretValueCommand,
  type GetSecretValueCommandOutput,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { PlatformError } from '../../core/platform-error.ts';
import type { Clock } from '../../core/ports/platform.ts';
import { Secret } from '../../core/secret.ts';
import { SECRET_READ_ERRORS, toPlatformError } from '../aws/aws-errors.ts';
import { SECRETS_CALL_TIMEOUT_MS } from '../aws/clients.ts';

export type SecretFields = Readonly<Record<string, unknown>>;

/**
 * Reads a secret that is a JSON object; `undefined` when it has no value yet, or a blank one.
 * @throws PlatformError SECRET_UNAVAILABLE, with reason `malformed` when the value is something else; ACCESS_DENIED
 */
export async function readSecretJson(
  client: SecretsManagerClient,
  secretId: string,
): Promise<SecretFields | undefined> {
  const { text } = await readSecretText(client, secretId);
  if (text === '') return undefined;
  const fields = fieldsOf(text);
  if (fields === undefined) throw malformed();
  return fields;
}

/**
 * The value without what an editor or a shell adds around it, and the id that Secrets Manager gives to what was last stored.
 * `''` when it has no value yet.
 */
export async function readSecretText(
  client: SecretsManagerClient,
  secretId: string,
): Promise<{ readonly text: string; readonly versionId: string }> {
  const {
    SecretString,
    SecretBinary,
    VersionId: versionId = '',
  } = (await readSecret(client, secretId)) ?? {};
  // `--secret-binary fileb://secret.json` stores the bytes of the file.
  const stored = SecretString ?? Buffer.from(SecretBinary ?? []).toString('utf8');
  return { text: plainText(stored), versionId };
}

/** The byte order marks of UTF-8 and UTF-16: right, read as code page 1252 by the AWS CLI on Windows, or as UTF-8. */
const BYTE_ORDER_MARK = /^(?:\uFEFF|ï»¿|ÿþ|þÿ|\uFFFD\uFFFD)/;

/** PowerShell writes UTF-16, whose every other byte is 0 where the text is ASCII. */
function plainText(stored: string): string {
  return stored.replaceAll('\0', '').trim().replace(BYTE_ORDER_MARK, '').trim();
}

/** A member that is not blank, without the white space that a paste may add. */
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
    // AWS says this also of a secret without a value.
    if (cause instanceof Error && cause.name === 'ResourceNotFoundException') return undefined;
    throw toPlatformError(SECRET_READ_ERRORS, cause);
  }
}

/** The members of a JSON object; `undefined` when the text is something else. */
export function fieldsOf(text: string): SecretFields | undefined {
  const value = parsed(text);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as SecretFields) : undefined;
}

/** JSON.parse repeats what it could not read in its message, so its error is dropped. */
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

export interface RememberedOptions<Value> {
  readonly load: () => Promise<Value>;
  /** A value that is not worth keeping is read again at the next call. */
  readonly worthKeeping: (value: Value) => boolean;
  readonly cacheMs: number;
  /**
   * A `fresh` read may reuse the value of a `fresh` read that is younger than this.
   * @default 0
   */
  readonly freshForMs?: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

export type ReadRemembered<Value> = (options?: { fresh?: boolean }) => Promise<Value>;

/**
 * Keeps a value for a while. Concurrent callers share one read. While reads fail, callers that did not ask for a fresh value
 * get the last known one.
 */
export function remembered<Value>(options: RememberedOptions<Value>): ReadRemembered<Value> {
  const { load, worthKeeping, cacheMs, freshForMs = 0, clock } = options;
  let kept: { readonly value: Value; readonly atMs: number } | undefined;
  let flight: Promise<Value> | undefined;
  /** Only `fresh` reads set this. */
  let freshReadAtMs = Number.NEGATIVE_INFINITY;

  const serves = (atMs: number, fresh: boolean): boolean =>
    fresh ? clock.monotonicMs() - freshReadAtMs < freshForMs : clock.monotonicMs() - atMs < cacheMs;

  async function loadAndKeep(): Promise<Value> {
    const value = await load();
    kept = worthKeeping(value) ? { value, atMs: clock.monotonicMs() } : undefined;
    return value;
  }

  return async ({ fresh = false } = {}) => {
    if (kept && serves(kept.atMs, fresh)) return kept.value;
    flight ??= loadAndKeep().finally(() => {
      flight = undefined;
    });
    try {
      const value = await flight;
      if (fresh) freshReadAtMs = clock.monotonicMs();
      return value;
    } catch (error) {
      if (fresh || !kept) throw error;
      return kept.value;
    }
  };
}
