import { join } from 'node:path';
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { ExampleLightroomReaderEnvironment } from '../functions/example-lightroom-reader/env.ts';
import type { TokenVault } from './constructs/token-vault.ts';
import { VaultFunction } from './constructs/vault-function.ts';
import { EXAMPLE_FUNCTION_NAME } from './packaging/function-names.ts';

export interface ExampleConsumerStackProps extends StackProps {
  readonly vault: TokenVault;
  readonly functionBundles: string;
}

/** Connections that the example may act for. */
const EXAMPLE_CONNECTIONS = 'demo.*';
/** Ids that the vault derives at a plain sign-in. */
const SIGN_IN_CONNECTIONS = 'adobe-*';

/** @see https://developer.adobe.com/lightroom/lightroom-api-docs/api/ */
const LIGHTROOM_API_URL = 'https://lr.adobe.io';

/**
 * An example of a team's stack: a Lambda that reads Lightroom catalogs of some connections, and the role of the server
 * that connects their users.
 */
export class ExampleConsumerStack extends Stack {
  constructor(scope: Construct, id: string, { vault, functionBundles, ...props }: ExampleConsumerStackProps) {
    super(scope, id, { description: 'Example of a Lambda that uses the Adobe token vault', ...props });
    const reader = new VaultFunction(this, 'LightroomReader', {
      functionName: `${this.stackName}-lightroom-reader`,
      description: 'Reads the Lightroom catalog of a connected user.',
      bundle: join(functionBundles, EXAMPLE_FUNCTION_NAME),
      timeoutSeconds: 29,
      memoryMb: 512,
      logRetentionDays: vault.settings.logRetentionDays,
      withoutDeadLetters: 'Its caller waits for it: a failure is the answer, and no event is left.',
      serviceName: this.stackName,
    });
    // The grant adds the variables that say where the vault is.
    reader.configure<Omit<ExampleLightroomReaderEnvironment, 'ADOBE_TOKEN_VAULT_URL'>>({
      LIGHTROOM_API_URL,
      LIGHTROOM_API_KEY: vault.settings.clientId,
    });
    vault.grantAccessTokens(reader.function, { connections: EXAMPLE_CONNECTIONS });
    new CfnOutput(this, 'LightroomReaderName', { value: reader.function.functionName });
    this.addWebBackend(vault);
  }

  /** The role of a web application's server, which connects users but never sees a token. */
  private addWebBackend(vault: TokenVault): void {
    const role = new Role(this, 'WebBackendRole', {
      description: 'Connects users with Adobe, shows the state of their connections, disconnects them.',
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
    });
    vault.grantSignIns(role);
    for (const connections of [EXAMPLE_CONNECTIONS, SIGN_IN_CONNECTIONS]) {
      vault.grantStatus(role, { connections });
      vault.grantDisconnect(role, { connections });
    }
    vault.grantConsents(role, { connections: EXAMPLE_CONNECTIONS });
    new CfnOutput(this, 'WebBackendRoleName', { value: role.roleName });
  }
}
