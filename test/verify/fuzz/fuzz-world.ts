import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignatureV4 } from '@smithy/signature-v4';
import type { SigningCredentials } from '../../support/local-stack/signed-fetch.ts';
import { linkUnthrottled } from '../../support/vault/unthrottled-assembly.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';
import { createEarlyEffects } from './early-effects.ts';
import { type FuzzRequest, type Header, type Signing, targetOf } from './fuzz-request.ts';
import { createRawClient, type RawClient } from './raw-client.ts';

/** The deployed vault over HTTP, with its stand-ins watched. */
export interface FuzzWorld {
  readonly vault: VaultWorld;
  readonly client: RawClient;
  readonly host: string;
  readonly sign: ReturnType<typeof createFuzzSigner>;
  readonly early: ReturnType<typeof createEarlyEffects>;
  /** The requests under way, by index. */
  readonly inFlight: Set<number>;
  /** Items that callbacks may put now, because cookie and state agree. */
  readonly agreedKeys: Set<string>;
  /** Where the vault may send a browser. */
  readonly destinations: readonly string[];
  stop(): Promise<void>;
}

/**
 * Each environment is a start of its function. Two callbacks with one state have to be able to meet, and vends that wait for a
 * rotation must not stand in line before each other until the gateway gives up.
 */
const ENVIRONMENTS: Readonly<Record<string, number>> = { callback: 2, rotate: 2, 'access-token': 4 };

function environmentsOf(functionName: string): number {
  return Object.entries(ENVIRONMENTS).find(([name]) => functionName.endsWith(`-${name}`))?.[1] ?? 1;
}

/** Above the gateway's own 30 s. */
const CLIENT_TIMEOUT_MS = 35_000;

export async function startFuzzWorld(cdkOut: string): Promise<FuzzWorld> {
  const inFlight = new Set<number>();
  const agreedKeys = new Set<string>();
  const directory = await mkdtemp(join(tmpdir(), 'adobe-token-vault-fuzz-'));
  await linkUnthrottled(cdkOut, directory);
  const vault = await startVaultWorld({
    cdkOut: directory,
    stack: { maxEnvironments: environmentsOf },
    onImsArrival: (request) => early.checkPost(request),
  });
  const { stack } = vault;
  const roleOf = (name: string): string =>
    stack.iam.role(stack.functions.get(name).definition.roleArn).roleName;
  const early = createEarlyEffects({
    authorizeRole: roleOf('authorize'),
    callbackRole: roleOf('callback'),
    importRole: roleOf('import'),
    agreedKeys,
    inFlight: () => [...inFlight],
  });
  stack.watchCalls(({ moment, call }) => {
    if (moment === 'arrived') early.checkCall(call);
  });
  const { host, port } = new URL(stack.apiUrl);
  const client = createRawClient({ port: Number(port), timeoutMs: CLIENT_TIMEOUT_MS });
  const { IMS_BASE_URL = '' } = stack.functions.get('authorize').definition.environment;
  return {
    vault,
    client,
    host,
    early,
    inFlight,
    agreedKeys,
    destinations: [`${stack.localUrl(String(IMS_BASE_URL))}/ims/authorize/v2`, vault.landingUrl],
    sign: createFuzzSigner({
      host,
      nowMs: vault.clock.nowMs,
      rightful: letInEverywhere(vault),
      otherRole: stack.credentialsOf(roleOf('reconcile')),
    }),
    async stop() {
      client.close();
      await vault.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A role that IAM stops nowhere: what the functions themselves refuse is what the fuzz is after. */
function letInEverywhere({ stack: { iam } }: VaultWorld) {
  const operator = {
    roleName: 'FuzzOperator',
    roleArn: `arn:aws:iam::${iam.directory.accountId}:role/FuzzOperator`,
    accessKeyId: 'AKIAFUZZOPERATOR',
    secretAccessKey: 'secret-key-of-the-fuzz-operator',
    trust: {},
    policies: [
      {
        name: 'everything',
        document: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' }],
        },
      },
    ],
  };
  iam.directory.roles.push(operator);
  return { accessKeyId: operator.accessKeyId, secretAccessKey: operator.secretAccessKey };
}

export interface FuzzSignerDeps {
  readonly host: string;
  readonly nowMs: () => number;
  /** A caller that may call every route. */
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
function asReceived(target: string): string {
  return Buffer.from(target).toString('latin1');
}

function queryOf(text: string): Record<string, string[]> {
  // Without a prototype: the fuzz calls parameters `constructor`.
  const query: Record<string, string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) query[name] = [...(query[name] ?? []), value];
  return query;
}

function digestOf({ body = Buffer.alloc(0) }: FuzzRequest): string {
  return createHash('sha256').update(body).digest('hex');
}

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
