import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTokenClient, type TokenClient } from '../../../client/index.ts';
import { linkUnthrottled } from '../../../test/support/vault/unthrottled-assembly.ts';
import {
  startVaultWorld,
  type VaultWorld,
  type VaultWorldOptions,
} from '../../../test/support/vault/vault-world.ts';

/** The vault on the local stack, with a consumer as the construct's grant sets it up. */
export interface BenchWorld {
  readonly vault: VaultWorld;
  readonly reader: Reader;
  /** Requests to Adobe since the last call. */
  takePosts(): readonly string[];
  stop(): Promise<void>;
}

export interface Reader {
  readonly tableName: string;
  readonly keyArn: string;
  readonly clientId: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** A client with separate state, as in another process. */
  newClient(way: 'direct' | 'https', maxCacheSeconds?: number): TokenClient;
}

const READER_ROLE = 'LightroomReaderRole';

/** @param options `startMs`: the present, if processes outside the stack must agree with its clock */
export async function startBenchWorld(
  cdkOut: string,
  options: Pick<VaultWorldOptions, 'stack' | 'startMs'> = {},
): Promise<BenchWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'adobe-token-vault-bench-'));
  await linkUnthrottled(cdkOut, directory);
  let posts: string[] = [];
  const vault = await startVaultWorld({
    cdkOut: directory,
    ...options,
    onImsArrival: ({ method, path }) => {
      if (method === 'POST') posts.push(path);
    },
  });
  return {
    vault,
    reader: readerOf(vault),
    takePosts() {
      const taken = posts;
      posts = [];
      return taken;
    },
    async stop() {
      await vault.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function readerOf({ stack, clock }: VaultWorld): Reader {
  const { environment } = stack.functions.get('lightroom-reader').definition;
  const settings = {
    tableName: environment.ADOBE_TOKEN_VAULT_TABLE ?? '',
    keyArn: environment.ADOBE_TOKEN_VAULT_KEY_ARN ?? '',
    clientId: environment.ADOBE_TOKEN_VAULT_CLIENT_ID ?? '',
  };
  const credentials = stack.credentialsOf(READER_ROLE);
  return {
    ...settings,
    credentials,
    newClient: (way, maxCacheSeconds = 300) =>
      // The client finds AWS as the SDKs do.
      withVariable('AWS_ENDPOINT_URL', stack.awsEndpointUrl, () =>
        createTokenClient({
          url: stack.apiUrl,
          region: 'us-east-1',
          credentials,
          directRead: way === 'direct' && settings,
          maxCacheSeconds,
          nowMs: () => clock.nowMs(),
        }),
      ),
  };
}

function withVariable<Made>(name: string, value: string, make: () => Made): Made {
  const before = process.env[name];
  process.env[name] = value;
  try {
    return make();
  } finally {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  }
}
