import type {
  DeployedStack,
  ListOutputs,
  ReadStack,
} from '../functions/adapters/cloudformation/stack-outputs.ts';
import { checkedUrl } from './aws-config.ts';
import { CliError } from './cli-error.ts';
import type { GlobalOptions } from './cli-world.ts';

/** The outputs that commands read. */
export type OutputName = 'ApiUrl' | 'VaultName';

/**
 * The vault's stack, with its outputs under their plain names. `stack` is the name of the stack or its ARN, or `stack/vault`
 * where it holds several vaults.
 *
 * @throws CliError `stack_not_found`, `output_missing`
 */
export async function deployedStack(
  { stack, region }: { readonly stack: string; readonly region: string },
  readStack: ReadStack,
  listOutputs: ListOutputs,
): Promise<DeployedStack> {
  const [stackName = stack, vaultName] = stack.replace(STACK_ARN, '$<name>').split('/');
  const found = await readStack(stackName);
  if (found !== undefined) return { ...found, outputs: outputsOfVault(found.outputs, stackName, vaultName) };
  throw new CliError('stack_not_found', `There is no stack ${stackName} in ${region}.`, {
    exitCode: 1,
    remedy: await remedyFor(region, listOutputs),
  });
}

const STACK_ARN = /^arn:[^:]+:cloudformation:[^:]+:\d+:stack\/(?<name>[^/]+)\/[^/]+/;

/** Names the vaults of the Region. Chooses none: a command may end grants. */
async function remedyFor(region: string, listOutputs: ListOutputs): Promise<string> {
  // A caller that may read one stack may not be permitted to list all.
  const stacks = await listOutputs().catch(() => new Map<string, DeployedStack['outputs']>());
  const choices = [...stacks].flatMap(([stackName, outputs]) => {
    const prefixes = prefixesIn(outputs);
    if (prefixes.length === 1) return [`--stack ${stackName}`];
    return prefixes.map((prefix) => `--stack ${stackName}/${outputs[prefix + VAULT_NAME]}`);
  });
  return choices.length === 0
    ? 'Choose the stack of the vault with --stack and --region, or deploy the vault first: `npx cdk deploy`.'
    : `Choose one of the vaults in ${region}: ${choices.join(', ')}. Or choose another Region with --region.`;
}

function prefixesIn(outputs: DeployedStack['outputs']): readonly string[] {
  return Object.keys(outputs)
    .filter((name) => name.endsWith(VAULT_NAME))
    .map((name) => name.slice(0, -VAULT_NAME.length))
    .filter((prefix) => prefix + API_URL in outputs);
}

const VAULT_NAME: OutputName = 'VaultName';
const API_URL: OutputName = 'ApiUrl';

/** In a stack of your own, each name begins with a prefix, such as `Vault`. */
function outputsOfVault(
  outputs: DeployedStack['outputs'],
  stackName: string,
  vaultName: string | undefined,
): DeployedStack['outputs'] {
  const prefixes = prefixesIn(outputs);
  const nameOf = (prefix: string) => outputs[prefix + VAULT_NAME];
  const chosen =
    vaultName === undefined ? prefixes : prefixes.filter((prefix) => nameOf(prefix) === vaultName);
  const [prefix, ...others] = chosen;
  if (others.length > 0 || (prefix === undefined && vaultName !== undefined)) {
    const names = prefixes.map(nameOf).join(', ') || 'none';
    throw new CliError('output_missing', `Which vault of the stack ${stackName}? It holds: ${names}.`, {
      exitCode: 1,
      remedy: 'Name the vault after the stack: `--stack <stack>/<vault>`.',
    });
  }
  // An output `ApiUrl` alone may be that of another API.
  if (prefix === undefined) return {};
  return Object.fromEntries(
    Object.entries(outputs)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}

/** @throws CliError `output_missing` */
export function outputOf({ outputs }: DeployedStack, name: OutputName, stack: string): string {
  const value = outputs[name];
  if (value !== undefined && value !== '') return value;
  throw new CliError('output_missing', `The stack ${stack} has no output ${name}.`, {
    exitCode: 1,
    remedy:
      'This stack is not a token vault, or it is an older version. Redeploy it, or choose another with --stack.',
  });
}

/** Which vault it is and where its API is: from the options, or else from the stack. */
export async function vaultPlace(
  options: Pick<GlobalOptions, 'url' | 'stack'>,
  region: string,
  readStack: ReadStack,
  listOutputs: ListOutputs,
): Promise<VaultPlace> {
  if (options.url !== undefined) return { region, url: checkedUrl(options.url, '--url').href };
  const { stack } = options;
  const text = outputOf(await deployedStack({ stack, region }, readStack, listOutputs), 'ApiUrl', stack);
  return { stack, region, url: checkedUrl(text, `The output ApiUrl of ${stack}`).href };
}

/** Which vault a command works on. A user with two of them must not confuse them. */
export interface VaultPlace {
  /** Absent where the user passed a URL: then no stack was read. */
  readonly stack?: string;
  readonly region: string;
  readonly url: string;
}

/** Such as `the vault AdobeTokenVault, eu-west-1 (https://…)`. */
export function placeInWords({ stack, region, url }: VaultPlace): string {
  return stack === undefined ? `the vault ${url}, ${region}` : `the vault ${stack}, ${region} (${url})`;
}
