import { createSignRequest } from '../client/sign-request.ts';
import { createCallVault } from '../client/vault-http.ts';
import { configuredRegion } from '../functions/adapters/aws/configuration.ts';
import { createFunctionInspector } from '../functions/adapters/aws/inspection.ts';
import {
  createOutputsLister,
  createStackReader,
  type DeployedStack,
} from '../functions/adapters/cloudformation/stack-outputs.ts';
import { type AwsConfig, awsConfig } from './aws-config.ts';
import { CliError, type ExitCode } from './cli-error.ts';
import type { CliWorld, GlobalOptions } from './cli-world.ts';
import { deployedStack, outputOf, type VaultPlace, vaultPlace } from './find-vault.ts';
import { createOutput, type Output } from './output.ts';
import { createVaultApi, type VaultApi } from './vault-api.ts';

/** What a command works with. No request goes to AWS before the command needs its answer. */
export interface CliSession {
  readonly world: CliWorld;
  readonly options: GlobalOptions;
  readonly output: Output;
  aws(): Promise<AwsConfig>;
  /** The time that requests are signed with. */
  nowMs(): Promise<number>;
  stack(): Promise<DeployedStack>;
  /** The vault that `api` speaks to. */
  place(): Promise<VaultPlace>;
  api(): Promise<VaultApi>;
}

export function createSession(world: CliWorld, options: GlobalOptions): CliSession {
  const aws = once(() => awsConfig(options, world, configuredRegion));
  const readStack = async (stackName: string) => createStackReader(await aws())(stackName);

  const listOutputs = async () => createOutputsLister(await aws())();
  const place = once(async () => vaultPlace(options, (await aws()).region, readStack, listOutputs));

  return {
    world,
    options,
    output: createOutput(world, options.json === true),
    aws,
    nowMs: async () => Date.now() + (await aws()).systemClockOffset,
    stack: once(async () =>
      deployedStack({ stack: options.stack, region: (await aws()).region }, readStack, listOutputs),
    ),
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

/** Runs a command, and records the exit code of the process. */
export type RunCommand = (work: (session: CliSession) => Promise<ExitCode>) => Promise<void>;

/** A variable from the environment of one of the vault's functions: it names what no output of the stack names. */
export async function functionVariable(
  session: CliSession,
  name: 'authorize' | 'connections' | 'rotate',
  variable: string,
): Promise<string> {
  const { stack } = session.options;
  const functionName = `${outputOf(await session.stack(), 'VaultName', stack)}-${name}`;
  const facts = await createFunctionInspector(await session.aws()).facts(functionName);
  const value = facts?.variables[variable];
  if (value !== undefined) return value;
  throw new CliError(
    'function_not_found',
    `The function ${functionName} does not exist, or has no variable ${variable}.`,
    {
      exitCode: 1,
      remedy: 'Redeploy the vault: `npx cdk deploy <vault>`.',
    },
  );
}

/** The name of the vault's table Connections, as its own function `rotate` knows it. */
export const connectionsTable = (session: CliSession): Promise<string> =>
  functionVariable(session, 'rotate', 'CONNECTIONS_TABLE');
