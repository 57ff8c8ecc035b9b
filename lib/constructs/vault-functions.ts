import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import type { IDestination } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from '../acknowledge.ts';
import { FUNCTION_NAMES, type FunctionName } from '../function-names.ts';
import { functionEnvironments } from './function-environments.ts';
import { functionPermissions } from './function-permissions.ts';
import { FUNCTION_SIZES } from './function-sizes.ts';
import { VaultFunction } from './vault-function.ts';
import type { VaultResources } from './vault-resources.ts';

export const ROTATE_ALIAS = 'live';

/** The functions, before they know what they work with: names and roles are needed to build that. */
export interface VaultFunctionsProps {
  readonly vaultName: string;
  /** Folder with one bundle per function. */
  readonly functionBundles: string;
  readonly logRetentionDays: number;
}

const FUNCTIONS_WITH_ALARMS: readonly FunctionName[] = ['callback', 'consents', 'rotate', 'guard'];

export class VaultFunctions extends Construct {
  readonly all: Readonly<Record<FunctionName, VaultFunction>>;

  constructor(scope: Construct, id: string, props: VaultFunctionsProps) {
    super(scope, id);
    const { vaultName, functionBundles, logRetentionDays } = props;
    const create = (name: FunctionName) =>
      new VaultFunction(this, pascalCase(name), {
        ...FUNCTION_SIZES[name],
        functionName: nameOfFunction(vaultName, name),
        bundle: join(functionBundles, name),
        logRetentionDays,
        serviceName: vaultName,
      });
    this.all = {
      authorize: create('authorize'),
      callback: create('callback'),
      consents: create('consents'),
      'access-token': create('access-token'),
      connections: create('connections'),
      import: create('import'),
      rotate: create('rotate'),
      guard: create('guard'),
    };
  }

  /** Gives every function its variables and permissions, and `rotate` its alias. */
  connect(resources: VaultResources): void {
    const environments = functionEnvironments(resources);
    const permissions = functionPermissions(resources);
    for (const name of FUNCTION_NAMES) {
      this.all[name].configure(environments[name]);
      this.all[name].allow(permissions[name]);
    }
    for (const name of FUNCTIONS_WITH_ALARMS) acknowledgeSchedules(this.all[name], resources);
    this.publishRotate(resources.scheduling.deadLetterQueue);
  }

  /** Schedules live for a week and carry the function's ARN, so that ARN has to outlive any version. */
  private publishRotate(deadLetterQueue: IQueue): void {
    this.all.rotate.function.addAlias(ROTATE_ALIAS, {
      retryAttempts: 2,
      maxEventAge: Duration.hours(1),
      onFailure: queueAsIs(deadLetterQueue),
    });
  }
}

export function nameOfFunction(vaultName: string, name: FunctionName): string {
  return `${vaultName}-${name}`;
}

/** The CDK's own queue destination also grants to read the queue's attributes. */
function queueAsIs(queue: IQueue): IDestination {
  return { bind: () => ({ destination: queue.queueArn }) };
}

function acknowledgeSchedules({ role }: VaultFunction, { scheduling }: VaultResources): void {
  acknowledgeWildcard(
    role,
    scheduling.schedulesArn,
    'Schedules are named at run time; the group holds nothing but the schedules of this vault.',
  );
}

function pascalCase(name: FunctionName): string {
  return name.replace(/(?:^|-)([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
