import { join } from 'node:path';
import { Annotations, Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Alias, IDestination, IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from '../iam/acknowledge.ts';
import { acknowledgeInlinePolicy } from '../iam/acknowledge-rule.ts';
import { functionPermissions } from '../iam/function-permissions.ts';
import { FUNCTION_NAMES, type FunctionName } from '../packaging/function-names.ts';
import type { VaultSettings } from '../settings/vault-settings.ts';
import { API_ROUTES } from './api-routes.ts';
import { assertEnvironmentsFit } from './environment-size.ts';
import { functionEnvironments } from './function-environments.ts';
import { VaultFunction } from './vault-function.ts';
import type { VaultResources } from './vault-resources.ts';

export const LIVE_ALIAS = 'live';
/**
 * Scheduler invokes `rotate` through this alias, and its role may invoke no other. `rotate` recognises by the alias
 * that a schedule wrote the input, and then refuses what only an operator or a function may ask for.
 */
export const SCHEDULES_ALIAS = 'schedules';

export interface PublishedAlias {
  readonly name: FunctionName;
  readonly alias: Alias;
}

/** The functions, created before their environment: the tables, keys and schedules need their names and roles. */
export interface VaultFunctionsProps {
  readonly vaultName: string;
  /** Folder with one bundle per function. */
  readonly functionBundles: string;
  readonly settings: Pick<VaultSettings, 'logRetentionDays' | 'reservedConcurrency' | 'tracing'>;
  /** Encrypts the logs. */
  readonly serviceKey: IKey | undefined;
}

/**
 * Functions whose callers must not notice a deployment. The reconciler is not among them: its next run is an hour away.
 */
const CALLED_BY_ALIAS: readonly FunctionName[] = [
  ...new Set<FunctionName>(['rotate', ...API_ROUTES.map(({ serves }) => serves)]),
];

const SYNCHRONOUS = 'API Gateway waits for it: a failure is the answer to its caller, and no event is left.';

/** Of functions that are invoked asynchronously. */
const WITHOUT_DEAD_LETTERS: Partial<Record<FunctionName, string>> = {
  rotate: 'Its aliases send failed events to the dead-letter queue.',
  reconcile:
    'Its event says nothing. The next run follows within the hour, and reconciler-silent pages without one.',
};

const FUNCTIONS_WITH_SCHEDULES: readonly FunctionName[] = ['callback', 'consents', 'rotate', 'reconcile'];

export class VaultFunctions extends Construct {
  readonly all: Readonly<Record<FunctionName, VaultFunction>>;
  private readonly published: PublishedAlias[] = [];

  constructor(scope: Construct, id: string, props: VaultFunctionsProps) {
    super(scope, id);
    const { vaultName, functionBundles, settings } = props;
    const create = (name: FunctionName) =>
      new VaultFunction(this, pascalCase(name), {
        ...FUNCTION_SIZES[name],
        functionName: nameOfFunction(vaultName, name),
        bundle: join(functionBundles, name),
        logRetentionDays: settings.logRetentionDays,
        logKey: props.serviceKey,
        tracing: settings.tracing,
        withoutDeadLetters: WITHOUT_DEAD_LETTERS[name] ?? SYNCHRONOUS,
        reservedConcurrency: settings.reservedConcurrency[name],
        serviceName: vaultName,
      });
    warnOfReservations(this, settings.reservedConcurrency);
    this.all = {
      authorize: create('authorize'),
      callback: create('callback'),
      consents: create('consents'),
      'access-token': create('access-token'),
      connections: create('connections'),
      import: create('import'),
      rotate: create('rotate'),
      reconcile: create('reconcile'),
    };
  }

  /** A version holds code and environment variables, so an alias moves both at once. */
  get aliases(): readonly PublishedAlias[] {
    return this.published;
  }

  /** What callers invoke: the alias where there is one. */
  entranceOf(name: FunctionName): IFunction {
    const alias = this.findAlias(name, LIVE_ALIAS);
    // An alias is an IFunction; the types differ only in how they declare an absent `role`.
    return alias === undefined ? this.all[name].function : (alias as IFunction);
  }

  aliasOf(name: FunctionName, aliasName: string): Alias {
    const alias = this.findAlias(name, aliasName);
    if (alias === undefined) throw new Error(`The function ${name} has no alias ${aliasName}.`);
    return alias;
  }

  private findAlias(name: FunctionName, aliasName: string): Alias | undefined {
    return this.published.find((one) => one.name === name && one.alias.aliasName === aliasName)?.alias;
  }

  /** Gives every function its environment and permissions, and adds the aliases. */
  connect(resources: VaultResources): void {
    const environments = functionEnvironments(resources);
    const permissions = functionPermissions(resources);
    for (const name of FUNCTION_NAMES) {
      this.all[name].configure(environments[name]);
      this.all[name].allow(permissions[name]);
    }
    for (const name of FUNCTION_NAMES) acknowledgeInlinePolicy(this.all[name].role);
    assertEnvironmentsFit(
      this,
      FUNCTION_NAMES.map((name) => this.all[name].environment),
    );
    for (const name of FUNCTIONS_WITH_SCHEDULES) acknowledgeSchedules(this.all[name], resources);
    const { deadLetterQueue } = resources.scheduling;
    for (const name of CALLED_BY_ALIAS) this.publish(name, LIVE_ALIAS, deadLetterQueue);
    this.publish('rotate', SCHEDULES_ALIAS, deadLetterQueue);
  }

  private publish(name: FunctionName, aliasName: string, deadLetterQueue: IQueue): void {
    // Schedules live for a week and hold the ARN of rotate, so that ARN must outlive every version.
    const options =
      name === 'rotate'
        ? { retryAttempts: 2, maxEventAge: Duration.hours(1), onFailure: queueAsIs(deadLetterQueue) }
        : {};
    this.published.push({ name, alias: this.all[name].function.addAlias(aliasName, options) });
  }
}

/** Lambda keeps these for functions without a reservation. */
const UNRESERVED_EXECUTIONS = 100;

/** The account's quota is not known at synthesis, and the deployment fails where it does not suffice. */
function warnOfReservations(scope: Construct, reserved: VaultSettings['reservedConcurrency']): void {
  const sum = Object.values(reserved).reduce((total: number, count) => total + (count ?? 0), 0);
  if (sum === 0) return;
  Annotations.of(scope).addWarningV2(
    'adobe-token-vault:reservedConcurrency',
    `The setting vault.reservedConcurrency reserves ${sum} concurrent executions, and Lambda keeps ${UNRESERVED_EXECUTIONS} unreserved. The deployment fails unless the quota "Concurrent executions" (L-B99A9384) of AWS Lambda is at least ${sum + UNRESERVED_EXECUTIONS} in this account and Region, and more where other functions reserve some too. The default quota is 1,000, and new accounts may have 10.`,
  );
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

export interface FunctionSize {
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
}

/**
 * Lambda gives processor time by memory. A user or a caller waits for `callback` and `access-token`, and `rotate` must
 * lose no time between Adobe's response and the write, so these three get twice as much. An HTTP API gives up after 30
 * s. `rotate` runs for up to 52 s by its own time budget, within a lease of 60 s.
 */
export const FUNCTION_SIZES: Readonly<Record<FunctionName, FunctionSize>> = {
  authorize: {
    description: 'Sends a browser to Adobe to ask for consent.',
    timeoutSeconds: 10,
    memoryMb: 512,
  },
  callback: {
    description: 'Receives the browser from Adobe, redeems the code and seals the tokens.',
    timeoutSeconds: 29,
    memoryMb: 1024,
  },
  consents: {
    description: 'Opens consent sessions and redeems the one-time codes that come back.',
    timeoutSeconds: 10,
    memoryMb: 512,
  },
  'access-token': {
    description: 'Hands out access tokens.',
    timeoutSeconds: 29,
    memoryMb: 1024,
  },
  connections: {
    description: 'Tells the state of connections, disconnects, erases, and asks for rotations.',
    timeoutSeconds: 29,
    memoryMb: 512,
  },
  import: {
    description: 'Takes over refresh tokens that another system holds; seals, and cannot open.',
    timeoutSeconds: 29,
    memoryMb: 512,
  },
  rotate: {
    description: 'The only function that opens refresh tokens: rotates, revokes, publishes.',
    timeoutSeconds: 55,
    memoryMb: 1024,
  },
  reconcile: {
    description: 'Reschedules connections whose schedule never fired.',
    timeoutSeconds: 300,
    memoryMb: 512,
  },
};
