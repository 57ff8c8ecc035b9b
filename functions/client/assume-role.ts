import { readBounded } from './read-bounded.ts';
import type { AwsCredentials, SignRequest } from './sign-request.ts';
import { CredentialsUnavailableError } from './vault-error.ts';

export interface AssumeRoleDeps {
  readonly roleArn: string;
  readonly endpoint: URL;
  readonly sign: SignRequest;
  readonly fetch: typeof fetch;
  readonly nowMs: () => number;
}

const SESSION_NAME = 'adobe-token-vault-client';
const RENEW_BEFORE_MS = 5 * 60_000;
const TIMEOUT_MS = 5000;
const MAX_BODY_BYTES = 64 * 1024;

/**
 * Credentials of a role in the vault's account, renewed before they end; concurrent callers share one request.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export function createAssumedRole(deps: AssumeRoleDeps): () => Promise<AwsCredentials> {
  let current: Promise<AwsCredentials> | undefined;
  let renewAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (current !== undefined && deps.nowMs() < renewAtMs) return current;
    renewAtMs = Number.POSITIVE_INFINITY;
    const renewed = assume(deps);
    current = renewed;
    renewed.then(
      ({ expiration }) => {
        renewAtMs = Number(expiration) - RENEW_BEFORE_MS;
      },
      () => {
        renewAtMs = Number.NEGATIVE_INFINITY;
      },
    );
    return renewed;
  };
}

async function assume({ roleArn, endpoint, sign, fetch }: AssumeRoleDeps): Promise<AwsCredentials> {
  const body = String(
    new URLSearchParams({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: roleArn,
      RoleSessionName: SESSION_NAME,
    }),
  );
  const headers = await sign({
    method: 'POST',
    url: endpoint,
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body,
  });
  const answer = await send(fetch, endpoint, { method: 'POST', headers, body });
  const credentials = credentialsIn(answer ?? '');
  if (credentials !== undefined) return credentials;
  throw new CredentialsUnavailableError('The role of the vault could not be assumed.');
}

async function send(
  fetcher: typeof fetch,
  endpoint: URL,
  init: { method: string; headers: Record<string, string>; body: string },
): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetcher(endpoint, { ...init, redirect: 'manual', signal });
    return response.ok ? await readBounded(response, MAX_BODY_BYTES) : undefined;
  } catch (cause) {
    throw new CredentialsUnavailableError('AWS STS could not be reached.', { cause });
  }
}

/** STS answers in XML; none of these values needs an escape. */
function credentialsIn(xml: string): Required<AwsCredentials> | undefined {
  const [accessKeyId, secretAccessKey, sessionToken, expiration] = [
    'AccessKeyId',
    'SecretAccessKey',
    'SessionToken',
    'Expiration',
  ].map((name) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1]?.trim());
  if (!accessKeyId || !secretAccessKey || !sessionToken || !expiration) return undefined;
  if (Number.isNaN(Date.parse(expiration))) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken, expiration: new Date(expiration) };
}
