import { readBounded } from './bounded-http.ts';
import { wordsOfService } from './foreign-words.ts';
import type { AwsCredentials, SignRequest } from './sign-request.ts';
import { TENANT_TAG } from './tenants.ts';
import { CredentialsUnavailableError, TemporarilyUnavailableError } from './vault-error.ts';

export interface AssumeRoleDeps {
  readonly roleArn: string;
  /** The session gets this tag. */
  readonly tenant?: string;
  readonly endpoint: URL;
  readonly sign: SignRequest;
  readonly fetch: typeof fetch;
  readonly nowMs: () => number;
}

const SESSION_NAME = 'adobe-token-vault-client';
const MAX_SESSION_NAME = 64;
const TIMEOUT_MS = 5000;
const MAX_BODY_BYTES = 64 * 1024;

/**
 * Credentials of a role in the vault's account, kept until shortly before they expire.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export function createAssumedRole(deps: AssumeRoleDeps): () => Promise<AwsCredentials> {
  return createHeldCredentials(() => assume(deps), deps.nowMs);
}

/** Throws `TemporarilyUnavailableError` or `CredentialsUnavailableError`. */
async function assume(deps: AssumeRoleDeps): Promise<AwsCredentials> {
  const { roleArn, tenant, endpoint, sign, fetch } = deps;
  const body = String(
    new URLSearchParams({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: roleArn,
      // CloudTrail shows it with every call of the session.
      RoleSessionName: tenant === undefined ? SESSION_NAME : `tenant-${tenant}`.slice(0, MAX_SESSION_NAME),
      ...(tenant !== undefined && { 'Tags.member.1.Key': TENANT_TAG, 'Tags.member.1.Value': tenant }),
    }),
  );
  const headers = await sign({
    method: 'POST',
    url: endpoint,
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body,
  });
  return credentialsFrom(await send(fetch, endpoint, { method: 'POST', headers, body }), tenant);
}

interface StsAnswer {
  readonly status: number;
  readonly xml: string;
}

async function send(
  fetcher: typeof fetch,
  endpoint: URL,
  init: { method: string; headers: Record<string, string>; body: string },
): Promise<StsAnswer> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetcher(endpoint, { ...init, redirect: 'manual', signal });
    return { status: response.status, xml: (await readBounded(response, MAX_BODY_BYTES)) ?? '' };
  } catch (cause) {
    throw new TemporarilyUnavailableError('AWS STS could not be reached.', undefined, { cause });
  }
}

function credentialsFrom({ status, xml }: StsAnswer, tenant: string | undefined): AwsCredentials {
  if (isTemporary(status, xml)) {
    throw new TemporarilyUnavailableError('AWS STS cannot answer now.');
  }
  const credentials = status === 200 ? credentialsIn(xml) : undefined;
  if (credentials !== undefined) return credentials;
  const role = tenant === undefined ? 'The role of the vault' : `The role for the tenant ${tenant}`;
  const said = wordsOfService(textIn(xml, 'Message'));
  throw new CredentialsUnavailableError(
    `${role} could not be assumed${said === undefined ? '.' : `: ${said}`}`,
  );
}

/** STS says `Throttling` with status 400. */
function isTemporary(status: number, xml: string): boolean {
  return status === 429 || status >= 500 || (status === 400 && /<Code>Throttling/.test(xml));
}

/** STS answers in XML; none of these values needs an escape. */
function credentialsIn(xml: string): Required<AwsCredentials> | undefined {
  const [accessKeyId, secretAccessKey, sessionToken, expiration] = [
    'AccessKeyId',
    'SecretAccessKey',
    'SessionToken',
    'Expiration',
  ].map((name) => textIn(xml, name));
  if (!accessKeyId || !secretAccessKey || !sessionToken || !expiration) return undefined;
  if (Number.isNaN(Date.parse(expiration))) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken, expiration: new Date(expiration) };
}

function textIn(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1]?.trim();
}

/** So that a request that is signed now arrives in time. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** Between a failed renewal and the next, while the previous credentials are still good. */
const RETRY_AFTER_MS = 5000;

/**
 * Requests credentials when they are first needed, and again before they expire: every signature needs them, and a provider
 * may have to call AWS. Concurrent callers share one request. A failure is not cached. While a renewal fails, the previous
 * credentials are used until they expire.
 */
export function createHeldCredentials(
  provide: () => Promise<AwsCredentials>,
  nowMs: () => number,
): () => Promise<AwsCredentials> {
  let held: Promise<AwsCredentials> | undefined;
  let renewAtMs = Number.NEGATIVE_INFINITY;
  let last: AwsCredentials | undefined;

  const renew = async (): Promise<AwsCredentials> => {
    try {
      last = await provide();
      renewAtMs = endMs(last) - RENEW_BEFORE_MS;
      return last;
    } catch (error) {
      const lastEndMs = last === undefined ? Number.NEGATIVE_INFINITY : endMs(last);
      renewAtMs = Math.min(nowMs() + RETRY_AFTER_MS, lastEndMs);
      if (last !== undefined && nowMs() < lastEndMs) return last;
      throw error;
    }
  };

  return () => {
    if (held !== undefined && nowMs() < renewAtMs) return held;
    // Until it is answered, all callers wait for this request.
    renewAtMs = Number.POSITIVE_INFINITY;
    held = renew();
    return held;
  };
}

function endMs({ expiration }: AwsCredentials): number {
  return expiration === undefined ? Number.POSITIVE_INFINITY : Number(expiration);
}
