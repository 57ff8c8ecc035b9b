import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';

export interface SigningCredentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** A fetch that signs for API Gateway, as a consuming service would. */
export async function signedFetch(
  url: string,
  {
    method = 'GET',
    credentials,
    nowMs = Date.now(),
    headers = {},
    body,
  }: {
    method?: string;
    credentials: SigningCredentials;
    nowMs?: number;
    headers?: Readonly<Record<string, string>>;
    body?: string;
  },
): Promise<Response> {
  const { hostname, port, pathname, search } = new URL(url);
  const signer = new SignatureV4({
    service: 'execute-api',
    region: 'us-east-1',
    credentials,
    sha256: Sha256,
  });
  const signed = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname,
      path: pathname,
      query: Object.fromEntries(new URLSearchParams(search)),
      headers: { ...headers, host: `${hostname}:${port}` },
      ...(body !== undefined && { body }),
    },
    { signingDate: new Date(nowMs) },
  );
  return fetch(url, { method, headers: signed.headers, ...(body !== undefined && { body }) });
}
