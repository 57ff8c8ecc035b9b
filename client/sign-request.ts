import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { CredentialsUnavailableError, VaultError } from './vault-error.ts';

/** AWS credentials, in the form that the AWS SDK uses. */
export interface AwsCredentials {
  /** Names the credentials. */
  readonly accessKeyId: string;
  /** Signs requests. Never log it. */
  readonly secretAccessKey: string;
  /** Present with temporary credentials. */
  readonly sessionToken?: string;
  /** When temporary credentials expire. */
  readonly expiration?: Date;
}

/** Credentials, or a function that provides them. */
export type AwsCredentialSource = AwsCredentials | (() => Promise<AwsCredentials>);

export interface SignDeps {
  readonly service: 'execute-api' | 'dynamodb' | 'kms' | 'sts';
  readonly region: string;
  readonly credentials: AwsCredentialSource;
  readonly nowMs: () => number;
}

export interface UnsignedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** The headers to send, signature included. Throws `CredentialsUnavailableError` or `TemporarilyUnavailableError`. */
export type SignRequest = (request: UnsignedRequest) => Promise<Record<string, string>>;

/**
 * Signs requests with Signature Version 4.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function createSignRequest({ service, region, credentials, nowMs }: SignDeps): SignRequest {
  const signer = new SignatureV4({ service, region, credentials: typed(credentials), sha256: Sha256 });
  return async ({ method, url, headers, body }) => {
    const signed = await signer.sign(
      {
        method,
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: { ...headers, host: url.host },
        ...(body !== undefined && { body }),
      },
      { signingDate: new Date(nowMs()) },
    );
    // `host` is signed, but sent by the HTTP client itself.
    const { host: _sent, ...rest } = signed.headers;
    return rest;
  };
}

function typed(credentials: AwsCredentialSource): AwsCredentialSource {
  if (typeof credentials !== 'function') return credentials;
  return async () => {
    try {
      return await credentials();
    } catch (cause) {
      if (cause instanceof VaultError) throw cause;
      throw new CredentialsUnavailableError('There are no AWS credentials to sign with.', { cause });
    }
  };
}
