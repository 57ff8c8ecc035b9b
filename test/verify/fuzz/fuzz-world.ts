import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkUnthrottled } from '../../support/vault/unthrottled-assembly.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';
import { createEarlyEffects } from './early-effects.ts';
import { createRawClient, type RawClient } from './raw-client.ts';
import { createFuzzSigner } from './sign-fuzz-request.ts';

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
const environmentsOf = (functionName: string): number =>
  Object.entries(ENVIRONMENTS).find(([name]) => functionName.endsWith(`-${name}`))?.[1] ?? 1;
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
    onImsArrival: (request) => early.judgePost(request),
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
    if (moment === 'arrived') early.judgeCall(call);
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
