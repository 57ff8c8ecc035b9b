import { createSignRequest } from '../client/sign-request.ts';
import { createCallVault } from '../client/vault-http.ts';
import { configuredRegion } from '../functions/adapters/aws/configuration.ts';
import { createStackReader, type DeployedStack } from '../functions/adapters/cloudformation/stack-outputs.ts';
import { type AwsConfig, awsConfig } from './aws-config.ts';
import type { CliWorld } from './cli-world.ts';
import { deployedStack, vaultPlace } from './find-vault.ts';
import type { GlobalOptions } from './global-options.ts';
import { createOutput, type Output } from './output.ts';
import { createVaultApi, type VaultApi } from './vault-api.ts';
import type { VaultPlace } from './vault-place.ts';

/** What a command works with. Nothing is asked of AWS before a command asks for it. */
export interface CliSession {
  readonly world: CliWorld;
  readonly options: GlobalOptions;
  readonly output: Output;
  aws(): Promise<AwsConfig>;
  /** The time that requests are signed with, once `aws` has been asked. */
  nowMs(): Promise<number>;
  stack(): Promise<DeployedStack>;
  /** The vault that `api` speaks to. */
  place(): Promise<VaultPlace>;
  api(): Promise<VaultApi>;
}

export function createSession(world: CliWorld, options: GlobalOptions): CliSession {
  const aws = once(() => awsConfig(options, world, configuredRegion));
  const readStack = async (stackName: string) => createStackReader(await aws())(stackName);

  const place = once(async () => vaultPlace(options, (await aws()).region, readStack));

  return {
    world,
    options,
    output: createOutput(world, options.json === true),
    aws,
    nowMs: async () => Date.now() + (await aws()).systemClockOffset,
    stack: once(async () => deployedStack({ stack: options.stack, region: (await aws()).region }, readStack)),
    place,
    api: once(async () => {
      const { region, systemClockOffset } = await aws();
      const { credentials, fetch } = world;
      const nowMs = () => Date.now() + systemClockOffset;
      return createVaultApi(
        createCallVault({
          url: new URL((await place()).url),
          sign: createSignRequest({ service: 'execute-api', region, credentials, nowMs }),
          fetch,
          nowMs,
          sleep: world.sleep,
        }),
      );
    }),
  };
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
