import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { SigningCredentials } from '../../support/local-stack/signed-fetch.ts';
import { type FuzzRequest, type Header, type Signing, targetOf } from './fuzz-request.ts';

export interface FuzzSignerDeps {
  readonly host: string;
  readonly nowMs: () => number;
  /** Whoever may call every route. */
  readonly rightful: SigningCredentials;
  /** A role without a statement for anything. */
  readonly otherRole: SigningCredentials;
}

const HOUR_MS = 3_600_000;

/** Adds `host` and, where the request says so, a signature: the right one, or one that is wrong in the way it says. */
export function createFuzzSigner({ host, nowMs, rightful, otherRole }: FuzzSignerDeps) {
  const signerOf = (credentials: SigningCredentials): SignatureV4 =>
    new SignatureV4({
      service: 'execute-api',
      region: 'us-east-1',
      credentials,
      sha256: NativeSha256,
      applyChecksum: false,
    });
  const right = signerOf(rightful);
  const signers: Readonly<Record<Exclude<Signing, 'none' | 'malformed'>, SignatureV4>> = {
    right,
    stale: right,
    'changed-after': right,
    'other-role': signerOf(otherRole),
    'wrong-key': signerOf({ ...rightful, secretAccessKey: 'not-the-key' }),
  };

  const signatureHeaders = async (request: FuzzRequest, signer: SignatureV4): Promise<Header[]> => {
    const [path = '/', query = ''] = asReceived(targetOf(request)).split('?', 2);
    const { headers } = await signer.sign(
      {
        method: request.method,
        protocol: 'http:',
        hostname: host,
        path,
        query: queryOf(query),
        headers: { host, 'x-amz-content-sha256': digestOf(request) },
      },
      { signingDate: new Date(request.signing === 'stale' ? nowMs() - HOUR_MS : nowMs()) },
    );
    return Object.entries(headers).filter(([name]) => name !== 'host');
  };

  return async (request: FuzzRequest): Promise<FuzzRequest> => {
    const { signing } = request;
    const hasHost = request.headers.some(([name]) => name.toLowerCase() === 'host');
    const own: Header[] = hasHost ? [] : [['host', host]];
    if (signing === 'malformed')
      own.push(['authorization', 'AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request']);
    else if (signing !== 'none') own.push(...(await signatureHeaders(request, signers[signing])));
    const signed = { ...request, headers: [...own, ...request.headers] };
    return signing === 'changed-after' ? { ...signed, query: [...signed.query, 'added=later'] } : signed;
  };
}

/** Servers see the bytes of a request line as Latin-1. */
const asReceived = (target: string): string => Buffer.from(target).toString('latin1');

function queryOf(text: string): Record<string, string[]> {
  // Without a prototype: the fuzz calls parameters `constructor`.
  const query: Record<string, string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) query[name] = [...(query[name] ?? []), value];
  return query;
}

const digestOf = ({ body = Buffer.alloc(0) }: FuzzRequest): string =>
  createHash('sha256').update(body).digest('hex');

type Hashed = string | ArrayBuffer | ArrayBufferView;

/** A hundred times faster than the one in JavaScript that browsers need. */
class NativeSha256 {
  private readonly hash: Hash | Hmac;
  constructor(secret?: Hashed) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
  update(data: Hashed): void {
    this.hash.update(bytesOf(data));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest());
  }
  reset(): void {
    throw new Error('This hash is used once.');
  }
}

function bytesOf(data: Hashed): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
