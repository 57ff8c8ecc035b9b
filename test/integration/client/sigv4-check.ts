import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Signer {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;

/**
 * Checks a signed GET as AWS does, by the document alone and without the library that signed it.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * @returns what is wrong with it, or undefined
 */
export function signatureFault(request: IncomingMessage, signer: Signer, nowMs: number): string | undefined {
  const found = AUTHORIZATION.exec(request.headers.authorization ?? '');
  if (!found) return 'no SigV4 authorization';
  const [, accessKeyId, day = '', region = '', service = '', signedNames = '', signature] = found;
  if (accessKeyId !== signer.accessKeyId) return 'unknown access key';
  if (service !== 'execute-api') return `signed for ${service}`;
  const date = String(request.headers['x-amz-date']);
  if (Math.abs(dateMs(date) - nowMs) > 300_000) return 'signature expired';
  if (request.headers['x-amz-security-token'] !== signer.sessionToken) return 'wrong session token';
  const mustBeSigned = Object.keys(request.headers).filter((name) =>
    /^(host|x-amz-.*|x-rejected-token)$/.test(name),
  );
  const names = signedNames.split(';');
  const unsigned = mustBeSigned.find((name) => !names.includes(name));
  if (unsigned !== undefined) return `${unsigned} is not signed`;

  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonicalRequest(request, names))].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<Buffer>(
    (previous, part) => hmac(previous, part),
    Buffer.from(`AWS4${signer.secretAccessKey}`),
  );
  return hmac(key, toSign).toString('hex') === signature ? undefined : 'the signature does not match';
}

function canonicalRequest(request: IncomingMessage, names: readonly string[]): string {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  const headers = names.map((name) => `${name}:${String(request.headers[name]).trim()}\n`).join('');
  const canonicalQuery = query.split('&').filter(Boolean).sort().join('&');
  return [request.method, path, canonicalQuery, headers, names.join(';'), sha256('')].join('\n');
}

function dateMs(value: string): number {
  return Date.parse(value.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
