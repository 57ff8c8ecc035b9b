import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { build } from 'esbuild';
import cdk from '../../../cdk.json' with { type: 'json' };
import { TokenVault } from '../../../lib/constructs/token-vault.ts';
import { perTenant } from '../../../lib/iam/tenant-fence.ts';
import { TokenVaultStack } from '../../../lib/token-vault-stack.ts';
import { createVaultApp } from '../../../lib/vault-app.ts';
import { TEST_SETTINGS } from '../synth/test-settings.ts';

const LOCAL_ACCOUNT = '123456789012';
const HANDLER = fileURLToPath(new URL('pooled-handler.ts', import.meta.url));

/** The project's app with the example consumer, and a Lambda that serves every tenant: `Pooled`. */
export async function synthesisePooledConsumer(
  functionBundles: string,
  directory: string,
): Promise<{ cdkOut: string }> {
  const code = join(directory, 'pooled');
  await build({
    entryPoints: [HANDLER],
    outfile: join(code, 'index.mjs'),
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    mainFields: ['module', 'main'],
    logLevel: 'silent',
  });
  const cdkOut = join(directory, 'cdk.out');
  const context = { ...cdk.context, vault: TEST_SETTINGS, functionBundles, example: 'true' };
  const app = createVaultApp({ outdir: cdkOut, context });
  addPooledConsumer(app, vaultIn(app), code);
  app.synth();
  return { cdkOut };
}

function vaultIn(app: App): TokenVault {
  const stack = app.node.children.find((child) => child instanceof TokenVaultStack);
  if (!(stack instanceof TokenVaultStack)) throw new Error('The app has the stack of a vault.');
  return stack.vault;
}

function addPooledConsumer(app: App, vault: TokenVault, code: string): void {
  const stack = new Stack(app, 'Team');
  const pooled = new LambdaFunction(stack, 'Pooled', {
    functionName: 'pooled',
    code: Code.fromAsset(code),
    handler: 'index.handler',
    timeout: Duration.seconds(29),
    runtime: Runtime.NODEJS_24_X,
    role: new Role(stack, 'PooledRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
  });
  vault.grantAccessTokens(pooled, { connections: perTenant() });
  addGuest(stack, vault);
}

/** As a consumer of another account is set up. Both accounts are the one of the local stack. */
function addGuest(stack: Stack, vault: TokenVault): void {
  const connections = perTenant();
  const { roleArn: accessRoleArn } = vault.accessRoleFor(LOCAL_ACCOUNT, { connections });
  const imported = TokenVault.fromAttributes(stack, 'Imported', { ...vault.attributes, accessRoleArn });
  const guest = new Role(stack, 'GuestRole', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
  imported.grantAccessTokens(guest, { connections });
  for (const [name, value] of Object.entries(imported.tenantEnvironmentOf(guest))) {
    new CfnOutput(stack, name.replaceAll('_', ''), { value, description: name });
  }
}
