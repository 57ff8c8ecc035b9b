import { Sha256 } from '@aws-crypto/sha256-js';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { SignatureV4 } from '@smithy/signature-v4';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

export interface SignDeps {
  readonly region: string;
  /** Absent = as every AWS SDK finds them. */
  readonly credentials?: AwsCredentials | (() => Promise<AwsCredentials>) | undefined;
  readonly nowMs: () => number;
}

export type SignGet = (
  url: URL,
  headers: Readonly<Record<string, string>>,
) => Promise<Record<string, string>>;

/**
 * Signs GET requests for API Gateway (`execute-api`) with Signature Version 4.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function createSignGet({ region, credentials = defaultProvider(), nowMs }: SignDeps): SignGet {
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 });
  return async (url, headers) => {
    const signed = await signer.sign(
      {
        method: 'GET',
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: { ...headers, host: url.host },
      },
      { signingDate: new Date(nowMs()) },
    );
    // `host` is signed, but sent by the HTTP client itself.
    const { host: _sent, ...rest } = signed.headers;
    return rest;
  };
}
