import { AccessToken, accessTokenDigest } from './access-token.ts';
import { AwsCallError, type AwsJsonCall } from './aws-json-call.ts';
import type { DirectReadSettings } from './client-environment.ts';
import { openEnvelope, parseEnvelope } from './sealed-token/envelope.ts';
import { type AccessTokenBinding, encryptionContextOf } from './sealed-token/seal-binding.ts';
import { isPlainlyGood, type StoredAccessToken, storedAccessTokenFrom } from './stored-access-token.ts';
import type { TokenRequest } from './token-request.ts';

/** Until when nothing is read directly. Sources of one process share it, because they share the network. */
export interface DirectPause {
  untilMs: number;
}

export interface DirectSourceDeps extends DirectReadSettings {
  readonly dynamodb: AwsJsonCall;
  readonly kms: AwsJsonCall;
  /** Default: of this source alone. */
  readonly pause?: DirectPause;
  readonly nowMs: () => number;
  readonly sleep: (durationMs: number, signal: AbortSignal) => Promise<void>;
}

/** What the table held for one connection. */
export interface Reading {
  /** In DynamoDB's JSON; absent = there is no such item. */
  readonly item: unknown;
  readonly clockAheadMs: number;
  readonly readAtMs: number;
}

/**
 * Access tokens as the vault stores them: one GetItem, one Decrypt, no Lambda in between. Where that does not end in a plainly
 * good token, the result is undefined, never an error. The caller then asks the vault, which knows why.
 */
export interface DirectSource {
  /** @param reading what a batch read already */
  obtain(request: TokenRequest, signal: AbortSignal, reading?: Reading): Promise<AccessToken | undefined>;
  /** Reads up to `MOST_AT_ONCE` connections with one call. A connection that is missing from the result was not read. */
  readMany(requests: readonly TokenRequest[], signal: AbortSignal): Promise<ReadonlyMap<string, Reading>>;
}

const EVERYTHING_GRANTED = '*';
const DATA_KEY_BYTES = 32;
/** DynamoDB's limit for BatchGetItem. */
export const MOST_AT_ONCE = 100;
/** A connection that was read longer ago may have been disconnected since. */
const LONGEST_READING_AGE_MS = 5000;
const BATCH_ATTEMPTS = 4;
const BATCH_PAUSE_MS = 50;
/** In a network without a route to DynamoDB or KMS, not every call should wait for a timeout. */
const PAUSE_AFTER_TIMEOUT_MS = 60_000;

export function createDirectSource(deps: DirectSourceDeps): DirectSource {
  const { pause = { untilMs: Number.NEGATIVE_INFINITY } } = deps;

  /** Undefined for every failure, except when the caller aborts. */
  const attempt = async <Result>(
    run: () => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result | undefined> => {
    if (deps.nowMs() < pause.untilMs) return undefined;
    try {
      return await run();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof AwsCallError && error.kind === 'unreachable') {
        pause.untilMs = deps.nowMs() + PAUSE_AFTER_TIMEOUT_MS;
      }
      return undefined;
    }
  };

  const freshly = async (request: TokenRequest, signal: AbortSignal, reading: Reading | undefined) => {
    const isFresh = reading !== undefined && deps.nowMs() - reading.readAtMs <= LONGEST_READING_AGE_MS;
    return isFresh ? reading : read(deps, request, signal);
  };

  return {
    obtain: (request, signal, reading) =>
      attempt(async () => open(deps, request, await freshly(request, signal, reading), signal), signal),

    async readMany(requests, signal) {
      const readings = new Map<string, Reading>();
      await attempt(() => readBatch(deps, requests, readings, signal), signal);
      return readings;
    },
  };
}

/**
 * Strongly consistent: every read after the answer to a disconnect or a new consent sees it. The extra half read unit
 * is negligible next to the KMS call.
 */
async function read(deps: DirectSourceDeps, request: TokenRequest, signal: AbortSignal): Promise<Reading> {
  const readAtMs = deps.nowMs();
  const { body, clockAheadMs } = await deps.dynamodb(
    'DynamoDB_20120810.GetItem',
    { TableName: deps.tableName, Key: keyOf(request), ConsistentRead: true },
    signal,
  );
  return { item: body.Item, clockAheadMs, readAtMs };
}

async function readBatch(
  deps: DirectSourceDeps,
  batch: readonly TokenRequest[],
  readings: Map<string, Reading>,
  signal: AbortSignal,
): Promise<void> {
  const { tableName } = deps;
  let keys: unknown = batch.map(keyOf);
  for (let number = 1; Array.isArray(keys) && keys.length > 0 && number <= BATCH_ATTEMPTS; number++) {
    if (number > 1) await deps.sleep(BATCH_PAUSE_MS * 2 ** (number - 2), signal);
    const readAtMs = deps.nowMs();
    const { body, clockAheadMs } = await deps.dynamodb(
      'DynamoDB_20120810.BatchGetItem',
      { RequestItems: { [tableName]: { Keys: keys, ConsistentRead: true } } },
      signal,
    );
    const items = member(body.Responses, tableName);
    for (const item of Array.isArray(items) ? items : []) {
      readings.set(String(member(member(item, 'connectionId'), 'S')), { item, clockAheadMs, readAtMs });
    }
    keys = member(member(body.UnprocessedKeys, tableName), 'Keys');
    const unanswered = new Set((Array.isArray(keys) ? keys : []).map(connectionIdOf));
    for (const { connectionId } of batch) {
      if (readings.has(connectionId) || unanswered.has(connectionId)) continue;
      readings.set(connectionId, { item: undefined, clockAheadMs, readAtMs });
    }
  }
}

async function open(
  deps: DirectSourceDeps,
  request: TokenRequest,
  { item, clockAheadMs }: Reading,
  signal: AbortSignal,
): Promise<AccessToken | undefined> {
  const stored = storedAccessTokenFrom(item);
  if (stored === undefined || !isPlainlyGood(stored, request, deps.nowMs() - clockAheadMs)) return undefined;
  const accessToken = await unseal(deps, stored, bindingOf(deps, stored, request), signal);
  if (accessToken === undefined || accessTokenDigest(accessToken) === request.rejectedDigest)
    return undefined;
  return new AccessToken({
    accessToken,
    connectionId: request.connectionId,
    expiresAtMs: stored.expiresAtMs + clockAheadMs,
    scopes: stored.scopes,
  });
}

/** Bound to what was requested, not to what the item states. An item that was moved or relabelled does not open. */
function bindingOf(
  { clientId }: DirectSourceDeps,
  { generation, version, expiresAtMs }: StoredAccessToken,
  { connectionId, scopeSet = EVERYTHING_GRANTED }: TokenRequest,
): AccessTokenBinding {
  return { purpose: 'access', connectionId, clientId, generation, version, expiresAtMs, scopeSet };
}

async function unseal(
  deps: DirectSourceDeps,
  { sealed }: StoredAccessToken,
  binding: AccessTokenBinding,
  signal: AbortSignal,
): Promise<string | undefined> {
  const envelope = parseEnvelope(sealed);
  if (envelope === undefined) return undefined;
  const { body } = await deps.kms(
    'TrentService.Decrypt',
    {
      KeyId: deps.keyArn,
      CiphertextBlob: Buffer.from(envelope.wrappedKey).toString('base64'),
      EncryptionContext: encryptionContextOf(binding),
    },
    signal,
  );
  const dataKey = Buffer.from(String(body.Plaintext), 'base64');
  if (dataKey.length !== DATA_KEY_BYTES) return undefined;
  try {
    return openEnvelope(envelope, binding, dataKey);
  } finally {
    dataKey.fill(0);
  }
}

const keyOf = ({ connectionId, scopeSet = EVERYTHING_GRANTED }: TokenRequest) => ({
  connectionId: { S: connectionId },
  scopeSet: { S: scopeSet },
});

const connectionIdOf = (key: unknown): unknown => member(member(key, 'connectionId'), 'S');

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
