import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';

export interface SigningCredentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** A fetch that signs for API Gateway, as a consuming service would. */
export const signedFetch = async (
  url: string,
  {
    method = 'GET',
    credentials,
    nowMs = Date.now(),
  }: { method?: string; credentials: SigningCredentials; nowMs?: number },
): Promise<Response> => {
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
      headers: { host: `${hostname}:${port}` },
    },
    { signingDate: new Date(nowMs) },
  );
  return fetch(url, { method, headers: signed.headers });
};
