import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Architecture,
  type CfnFunction,
  Code,
  Function as LambdaFunction,
  Runtime,
  RuntimeFamily,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { DeploymentError } from '../deployment-error.ts';
import { acknowledge } from '../iam/acknowledge.ts';
import { acknowledgeLogKey, acknowledgeRule } from '../iam/acknowledge-rule.ts';
import type { FunctionEnvironment } from './environment-size.ts';

/** By name: older versions of the CDK that are in the peer range have no constant for it. */
const NODEJS_24 = new Runtime('nodejs24.x', RuntimeFamily.NODEJS, { supportsInlineCode: true });

export interface VaultFunctionProps {
  readonly functionName: string;
  readonly description: string;
  /** Folder that holds `index.mjs`. */
  readonly bundle: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly logRetentionDays: RetentionDays;
  /** Encrypts the log group. Absent: CloudWatch Logs does so with a key of its own. */
  readonly logKey?: IKey | undefined;
  /** Whether AWS X-Ray traces its runs. */
  readonly tracing?: boolean;
  /** Tells the metrics and log lines of several vaults apart. */
  readonly serviceName: string;
  /** Absent = the account's common pool. */
  readonly reservedConcurrency?: number | undefined;
  /** Why the function itself has no dead-letter queue. */
  readonly withoutDeadLetters: string;
}

export const METRICS_NAMESPACE = 'AdobeTokenVault';

/** One Lambda with its log group and role. The role starts with permission to write its log lines and nothing else. */
export class VaultFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;
  /** Its environment so far. Values may be tokens. */
  environment: FunctionEnvironment;

  constructor(scope: Construct, id: string, props: VaultFunctionProps) {
    super(scope, id);
    const { functionName, description, bundle, timeoutSeconds, memoryMb, serviceName } = props;
    assertBundled(bundle);

    const logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetentionDays,
      ...(props.logKey !== undefined && { encryptionKey: props.logKey }),
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Runs ${functionName}.`,
    });
    this.allow([
      new PolicyStatement({
        sid: 'WriteOwnLog',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    ]);
    if (props.tracing === true) this.allow([writeTraces()]);
    const variables = {
      NODE_OPTIONS: '--enable-source-maps',
      POWERTOOLS_SERVICE_NAME: serviceName,
      POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
      POWERTOOLS_LOG_LEVEL: 'INFO',
    };
    this.environment = { functionName, variables };
    this.function = new LambdaFunction(this, 'Function', {
      functionName,
      description,
      code: Code.fromAsset(bundle),
      handler: 'index.handler',
      runtime: NODEJS_24,
      architecture: Architecture.ARM_64,
      timeout: Duration.seconds(timeoutSeconds),
      memorySize: memoryMb,
      role: this.role,
      logGroup,
      // The previous version stays, so that the alias can go back to it without a deployment. A version of a failed
      // deployment does not: Lambda would not publish the same code again, and the next deployment would fail.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE },
      ...(props.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrency,
      }),
      environment: variables,
    });
    if (props.tracing === true) this.trace();
    if (props.logKey === undefined) acknowledgeLogKey(logGroup);
    acknowledgeFindings(this.function, props);
  }

  /** On the resource itself: the CDK's property adds a statement to the role, without a name. */
  private trace(): void {
    (this.function.node.defaultChild as CfnFunction).tracingConfig = { mode: 'Active' };
    acknowledge(
      this.role,
      'AwsSolutions-IAM5[Resource::*]',
      'X-Ray takes no resource in these two actions, which only write.',
    );
  }

  /** Sets environment variables. The type is the schema that the function parses, so neither side can forget one. */
  configure<Environment extends Readonly<Record<keyof Environment, string>>>(environment: Environment): void {
    const { functionName, variables } = this.environment;
    this.environment = { functionName, variables: { ...variables, ...environment } };
    for (const [name, value] of Object.entries<string>(environment))
      this.function.addEnvironment(name, value);
  }

  /** Adds written-out statements to the role: every `grant…` method of the CDK is wider than needed here. */
  allow(statements: readonly PolicyStatement[]): void {
    for (const statement of statements) this.role.addToPrincipalPolicy(statement);
  }
}

function acknowledgeFindings(lambda: LambdaFunction, props: VaultFunctionProps): void {
  acknowledgeRule(lambda, 'LambdaDLQ', props.withoutDeadLetters);
  acknowledgeRule(
    lambda,
    'LambdaInsideVPC',
    'No network can connect to it. It calls AWS and Adobe over TLS. In a VPC, a NAT gateway on the way to Adobe could fail too.',
  );
  if (props.reservedConcurrency === undefined) {
    acknowledgeRule(
      lambda,
      'LambdaConcurrency',
      'The quota of the account is unknown at synthesis. vault.reservedConcurrency reserves some for a function.',
    );
  }
  if (props.tracing !== true) {
    acknowledgeRule(
      lambda,
      'LambdaTracing',
      'AWS charges for each trace. vault.tracing or compliance: strict turns it on.',
    );
  }
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html */
function writeTraces(): PolicyStatement {
  return new PolicyStatement({
    sid: 'WriteTraces',
    actions: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
    resources: ['*'],
  });
}

function assertBundled(bundle: string): void {
  if (existsSync(join(bundle, 'index.mjs'))) return;
  throw new DeploymentError('BUNDLE_MISSING', `${bundle} holds no index.mjs; run "npm run build" first.`);
}
