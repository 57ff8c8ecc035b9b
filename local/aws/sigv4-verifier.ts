import { createHash, timingSafeEqual } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsRequest, Caller } from './aws-call.ts';
import type { IamDirectory } from './iam-directory.ts';
import { NativeSha256 } from './native-sha256.ts';

/** AWS accepts a signature for five minutes around the signing date. */
const MAX_SKEW_MS = 5 * 60_000;

export interface Authorization {
  accessKeyId: string;
  region: string;
  service: string;
  signedHeaders: string[];
  signature: string;
}

interface SigningKeys {
  accessKeyId: string;
  secretAccessKey: string;
}

export type Verification =
  | { caller: Caller }
  | {
      code: 'UnrecognizedClientException' | 'InvalidSignatureException' | 'ExpiredTokenException';
      message: string;
    };

/** The parts of a SigV4 `Authorization` header, or undefined when it is not one. */
export function parseAuthorization(header: string | undefined): Authorization | undefined {
  const found = header?.match(
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/,
  );
  if (!found) return undefined;
  const [, accessKeyId = '', region = '', service = '', signedHeaders = '', signature = ''] = found;
  return { accessKeyId, region, service, signedHeaders: signedHeaders.split(';'), signature };
}

/**
 * Signs the request again with the secret of the key it names and compares.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function createSigV4Verifier(directory: IamDirectory, nowMs: () => number) {
  const signers = new Map<string, SignatureV4>();
  const signerFor = (keys: SigningKeys, { service, region }: Authorization): SignatureV4 => {
    const key = `${keys.accessKeyId}/${service}/${region}`;
    const known = signers.get(key);
    if (known) return known;
    const { accessKeyId, secretAccessKey } = keys;
    const credentials = { accessKeyId, secretAccessKey };
    const signer = new SignatureV4({
      credentials,
      service,
      region,
      sha256: NativeSha256,
      applyChecksum: false,
    });
    signers.set(key, signer);
    return signer;
  };

  return async (request: AwsRequest, authorization: Authorization): Promise<Verification> => {
    const session = directory.sessions.find(authorization.accessKeyId);
    const role = session?.role ?? directory.roles.find((r) => r.accessKeyId === authorization.accessKeyId);
    if (!role) return unrecognised;
    if (session && request.headers['x-amz-security-token'] !== session.sessionToken) return unrecognised;
    if (session && nowMs() >= session.expiresAtMs) return sessionExpired;
    const signedAtMs = amzDateMs(request.headers['x-amz-date']);
    // Programs that know nothing of the stack's clock, such as the AWS CLI, sign with their own.
    const clocks = role.hasClockOfMachine ? [nowMs(), Date.now()] : [nowMs()];
    if (signedAtMs === undefined || clocks.every((now) => Math.abs(now - signedAtMs) > MAX_SKEW_MS)) {
      return expired(nowMs());
    }
    if (!bodyMatchesItsHash(request)) return mismatch;
    const expected = await signatureOf(
      signerFor(session ?? role, authorization),
      request,
      authorization,
      signedAtMs,
    );
    if (!timingSafeEqual(Buffer.from(expected), Buffer.from(authorization.signature))) return mismatch;
    const { roleName, roleArn } = role;
    const { accessKeyId } = session ?? role;
    return { caller: { roleName, roleArn, accessKeyId, ...(session && { sessionTags: session.tags }) } };
  };
}

const unrecognised: Verification = {
  code: 'UnrecognizedClientException',
  message: 'The security token included in the request is invalid.',
};
const sessionExpired: Verification = {
  code: 'ExpiredTokenException',
  message: 'The security token included in the request is expired',
};
function expired(nowMs: number): Verification {
  const here = new Date(nowMs).toISOString();
  return {
    code: 'InvalidSignatureException',
    message: `Signature expired or not yet current: the signing date is not within 5 minutes of now, which is ${here} on this local stack.`,
  };
}
const mismatch: Verification = {
  code: 'InvalidSignatureException',
  message: 'The request signature we calculated does not match the signature you provided.',
};

async function signatureOf(
  signer: SignatureV4,
  request: AwsRequest,
  authorization: Authorization,
  signedAtMs: number,
): Promise<string> {
  const [path = '/', queryText = ''] = request.path.split('?', 2);
  // Without a prototype: a parameter may be called `constructor`.
  const query: Record<string, string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(queryText)) {
    query[name] = [...(query[name] ?? []), value];
  }
  const names = new Set(authorization.signedHeaders);
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => names.has(name)));
  const signed = await signer.sign(
    { method: request.method, protocol: 'http:', hostname: '', path, query, headers, body: request.body },
    { signingDate: new Date(signedAtMs), signableHeaders: names },
  );
  return parseAuthorization(signed.headers.authorization)?.signature ?? '0'.repeat(64);
}

/** A signed `x-amz-content-sha256` vouches for the body only if it really is the body's hash. */
function bodyMatchesItsHash({ headers, body }: AwsRequest): boolean {
  const claimed = headers['x-amz-content-sha256'];
  return claimed === undefined || claimed === createHash('sha256').update(body).digest('hex');
}

function amzDateMs(value: string | undefined): number | undefined {
  const found = value?.match(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/);
  if (!found) return undefined;
  const [, year, month, day, hour, minute, second] = found;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
