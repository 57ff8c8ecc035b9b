import type { AccessToken } from '../../client/access-token.ts';
import { AwsCallError, type AwsJsonCall, createAwsJsonCall } from '../../client/aws-json-call.ts';
import { awsEndpoint } from '../../client/client-environment.ts';
import { createDirectSource } from '../../client/direct-source.ts';
import { createSignRequest } from '../../client/sign-request.ts';
import { type StoredAccessToken, storedAccessTokenFrom } from '../../client/stored-access-token.ts';
import type { Walk } from './walk.ts';

export interface DirectRead {
  /** `undefined` for a tombstone and for no item. */
  readonly stored: StoredAccessToken | undefined;
  readonly isTombstone: boolean;
  readonly token: AccessToken | undefined;
  readonly error: AwsCallError | undefined;
}

/**
 * Reads the connection's item in the table AccessTokens, and opens it, with the client's own code. That code swallows errors,
 * because a consumer asks the API instead, so they are noted on the way.
 */
export async function readStored({ session, connectionId, facts }: Walk): Promise<DirectRead> {
  const { outputs } = (await facts()).stack;
  const {
    AccessTokensTableName: tableName = '',
    AccessKeyArn: keyArn = '',
    ClientId: clientId = '',
  } = outputs;
  const { region, systemClockOffset, endpoint } = await session.aws();
  const { credentials, fetch, sleep } = session.world;
  const nowMs = () => Date.now() + systemClockOffset;
  const errors: AwsCallError[] = [];
  const call = (service: 'dynamodb' | 'kms', jsonVersion: '1.0' | '1.1'): AwsJsonCall => {
    const sign = createSignRequest({ service, region, credentials, nowMs });
    const url = endpoint === undefined ? awsEndpoint(service, region) : new URL(endpoint);
    const send = createAwsJsonCall({ endpoint: url, jsonVersion, sign, fetch, nowMs });
    return async (...request) => {
      try {
        return await send(...request);
      } catch (error) {
        if (error instanceof AwsCallError) errors.push(error);
        throw error;
      }
    };
  };
  const source = createDirectSource({
    tableName,
    keyArn,
    clientId,
    dynamodb: call('dynamodb', '1.0'),
    kms: call('kms', '1.1'),
    nowMs,
    sleep,
  });
  const { signal } = new AbortController();
  const reading = (await source.readMany([{ connectionId }], signal)).get(connectionId);
  const token = reading && (await source.obtain({ connectionId }, signal, reading));
  const item = reading?.item;
  return { stored: storedAccessTokenFrom(item), isTombstone: isTombstone(item), token, error: errors[0] };
}

const isTombstone = (item: unknown): boolean =>
  (item as { kind?: { S?: unknown } } | undefined)?.kind?.S === 'tombstone';
