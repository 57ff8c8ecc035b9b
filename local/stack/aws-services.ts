import {
  createLocalAccount,
  createServiceQuotasService,
  createSnsService,
  type LocalAccount,
} from '../aws/account-services.ts';
import { type AwsEndpoint, type AwsEndpointDeps, createAwsEndpoint } from '../aws/aws-endpoint.ts';
import { createCloudFormationService } from '../aws/cloudformation-service.ts';
import type { AlarmStates } from '../aws/cloudwatch/alarm-states.ts';
import { createCloudWatchService } from '../aws/cloudwatch/cloudwatch-service.ts';
import type { MetricStore } from '../aws/cloudwatch/metric-store.ts';
import { createDeadLetterQueue, type DeadLetterQueue } from '../aws/dead-letter-queue.ts';
import { createDynamoDbService, type DynamoDbService } from '../aws/dynamodb/dynamodb-service.ts';
import { createEventBridgeService, type EventBridgeService } from '../aws/event-bridge-service.ts';
import { type Authorizer, createAuthorizer } from '../aws/iam/authorizer.ts';
import type { IamDirectory } from '../aws/iam-directory.ts';
import type { KeyMaterials } from '../aws/kms/kms-keys.ts';
import { createKmsService, type KmsService } from '../aws/kms/kms-service.ts';
import { createLambdaService, type LambdaService, type LambdaServiceDeps } from '../aws/lambda-service.ts';
import { createLogsService, type LogGroup } from '../aws/logs-service.ts';
import { createSchedulerService, type SchedulerService } from '../aws/scheduler/scheduler-service.ts';
import { createSecretsManagerService, type SecretsManagerService } from '../aws/secrets-manager-service.ts';
import { createSqsService } from '../aws/sqs-service.ts';
import { createStsService } from '../aws/sts-service.ts';
import type { FunctionRuntime } from '../functions/function-runtime.ts';
import type { LogBook } from '../functions/log-book.ts';
import { type Deployment, resourcesOfType } from '../template/deployment.ts';
import { loadKeys, loadQueueArns, loadSecrets, loadTables } from '../template/load-data.ts';
import { loadScheduleGroups, loadSchedules } from '../template/load-schedules.ts';

/** Every stand-in with what the template puts into it. */
export interface AwsServices {
  authorizer: Authorizer;
  dynamodb: DynamoDbService;
  kms: KmsService;
  secretsManager: SecretsManagerService;
  events: EventBridgeService;
  lambda: LambdaService;
  scheduler: SchedulerService;
  queues: Map<string, DeadLetterQueue>;
  account: LocalAccount;
  /** By name. */
  logGroups: Map<string, LogGroup>;
  endpoint: AwsEndpoint;
  /** Creates what the template declares and opens the endpoint; answers its URL. */
  start(): Promise<string>;
}

export interface AwsServicesDeps extends Pick<AwsEndpointDeps, 'onCall' | 'onAuthorized' | 'onDenied'> {
  deployment: Deployment;
  keyMaterials?: KeyMaterials;
  directory: IamDirectory;
  nowMs(): number;
  functionNamed(functionName: string): FunctionRuntime | undefined;
  functions(): readonly FunctionRuntime['definition'][];
  /** Outside addresses as the loopback ones that answer for them. */
  rewriteHosts(text: string): string;
  logs: Pick<LogBook, 'search'>;
  metrics: MetricStore;
  alarms: AlarmStates;
  onProblem(sentence: string): void;
}

export function createAwsServices(deps: AwsServicesDeps): AwsServices {
  const { deployment, directory } = deps;
  const { accountId, region } = directory;
  const nowMs = (): number => deps.nowMs();
  const here = { accountId, region, nowMs };
  const authorizer = createAuthorizer(directory);
  const queues = new Map(
    loadQueueArns(deployment).map((queueArn) => [
      queueArn,
      createDeadLetterQueue({ queueArn, onLength: (value) => recordLength(deps, queueArn, value) }),
    ]),
  );
  const dynamodb = createDynamoDbService(here);
  const kms = createKmsService({
    keys: loadKeys(deployment),
    ...(deps.keyMaterials && { materials: deps.keyMaterials }),
    keyPolicyOf: (keyArn) => directory.keyPolicies.get(keyArn),
  });
  const secretsManager = createSecretsManagerService({ ...here, secrets: loadSecrets(deployment) });
  const events = createEventBridgeService(here);
  const account = createLocalAccount();
  const logGroups = loadLogGroups(deployment);
  const lambda = createLambdaService({
    ...here,
    ...lambdaDeps(deps, authorizer, queues),
    concurrency: () => account.concurrency,
  });
  const scheduler = createSchedulerService({
    ...here,
    authorizer,
    deadLetterQueue: (queueArn) => queues.get(queueArn),
    deliver: async ({ targetArn, input }) => {
      const queue = queues.get(targetArn);
      if (queue) queue.send(input, {});
      else lambda.invokeAsync(targetArn, input);
    },
  });
  const endpoint = createAwsEndpoint({
    directory,
    authorizer,
    nowMs,
    services: [
      dynamodb,
      kms,
      secretsManager,
      events,
      lambda,
      scheduler,
      createCloudFormationService({
        ...here,
        outputsOf: (name) => localOutputs(deps, name),
        stackNames: () => deployment.stacks.map(({ stackName }) => stackName),
        resourcesOf: (name) => resourcesOf(deployment, name),
      }),
      createStsService({ directory, nowMs }),
      createLogsService({
        ...here,
        groups: () => [...logGroups.values()],
        linesOf: (groupName) => linesOf(deps, groupName),
      }),
      createSnsService(account),
      createServiceQuotasService(account),
      createSqsService({ ...here, queues }),
      createCloudWatchService({ nowMs, metrics: deps.metrics, alarms: deps.alarms }),
    ],
    onInternalError: (error, call) =>
      deps.onProblem(`${call.service} ${call.operation} failed inside the stand-in: ${String(error)}`),
    ...(deps.onCall ? { onCall: deps.onCall } : {}),
    ...(deps.onAuthorized ? { onAuthorized: deps.onAuthorized } : {}),
    ...(deps.onDenied ? { onDenied: deps.onDenied } : {}),
  });

  return {
    authorizer,
    dynamodb,
    kms,
    secretsManager,
    events,
    lambda,
    scheduler,
    queues,
    account,
    logGroups,
    endpoint,
    start: async () => {
      await Promise.all(loadTables(deployment).map((table) => dynamodb.createTable(table)));
      for (const group of loadScheduleGroups(deployment)) scheduler.createGroup(group);
      for (const { groupName, name, definition } of loadSchedules(deployment)) {
        scheduler.createSchedule(groupName, name, definition);
      }
      return (await endpoint.start()).url;
    },
  };
}

/** What exists here. Types that the local stack ignores have no name. */
function resourcesOf({ resources }: Deployment, stackName: string) {
  return resources
    .filter((resource) => resource.stackName === stackName && resource.identity.ref !== '')
    .map(({ logicalId, type, identity }) => ({ logicalId, type, physicalId: identity.ref }));
}

function loadLogGroups(deployment: Deployment): Map<string, LogGroup> {
  const groups = resourcesOfType(deployment, 'AWS::Logs::LogGroup').map(
    ({ identity, properties }): LogGroup => {
      const { RetentionInDays } = properties;
      return {
        name: identity.ref,
        ...(typeof RetentionInDays === 'number' && { retentionDays: RetentionInDays }),
      };
    },
  );
  return new Map(groups.map((group) => [group.name, group]));
}

/** The output of the function that writes to the group. */
function linesOf({ functions, logs }: AwsServicesDeps, groupName: string) {
  const writer = functions().find(({ logGroupArn }) => logGroupArn.endsWith(`:log-group:${groupName}`));
  return writer === undefined ? [] : logs.search({ functionName: writer.functionName });
}

/** SQS counts the messages that wait, not those that came. */
function recordLength({ metrics, nowMs }: AwsServicesDeps, queueArn: string, value: number): void {
  metrics.recordLevel({
    namespace: 'AWS/SQS',
    name: 'ApproximateNumberOfMessagesVisible',
    dimensions: { QueueName: queueArn.split(':').at(-1) ?? '' },
    value,
    atMs: nowMs(),
  });
}

/** A stack's outputs with the URLs of this machine; `undefined` when there is no such stack. */
function localOutputs(
  { deployment, rewriteHosts }: AwsServicesDeps,
  stackName: string,
): Record<string, string> | undefined {
  const stack = deployment.stacks.find((candidate) => candidate.stackName === stackName);
  return (
    stack &&
    Object.fromEntries(Object.entries(stack.outputs).map(([name, value]) => [name, rewriteHosts(value)]))
  );
}

function lambdaDeps(
  deps: AwsServicesDeps,
  authorizer: Authorizer,
  queues: Map<string, DeadLetterQueue>,
): Pick<LambdaServiceDeps, 'invoke' | 'exists' | 'asyncConfig' | 'controlOf' | 'onFailure'> {
  const settingsOf = ({ functionName, qualifier }: { functionName: string; qualifier: string | undefined }) =>
    deps.functionNamed(functionName)?.definition.asyncSettings.get(qualifier ?? '$LATEST');

  return {
    invoke: async (functionName, qualifier, payload) => {
      const runtime = deps.functionNamed(functionName);
      if (!runtime) throw new Error(`no function ${functionName}`);
      const text = Buffer.from(payload).toString('utf8');
      const result = await runtime.invoke({ event: text === '' ? '{}' : text, qualifier });
      if (result.outcome === 'throttled') return { payload: '', throttledBy: result.by };
      return result.outcome === 'failed'
        ? { payload: result.payload, functionError: 'Unhandled' }
        : { payload: result.payload };
    },
    exists: ({ functionName, qualifier }) => {
      const { definition, versions } = deps.functionNamed(functionName) ?? {};
      const qualifiers = [undefined, '$LATEST', ...(definition?.aliases ?? []), ...(versions?.all() ?? [])];
      return definition !== undefined && qualifiers.includes(qualifier);
    },
    asyncConfig: (ref) => {
      const settings = settingsOf(ref);
      return settings
        ? {
            maxRetryAttempts: settings.maximumRetryAttempts,
            maxEventAgeSeconds: settings.maximumEventAgeSeconds,
          }
        : {};
    },
    controlOf: (functionName) => {
      const runtime = deps.functionNamed(functionName);
      if (!runtime) return undefined;
      const { definition, versions, reserveConcurrency, reservedConcurrency } = runtime;
      const variables = Object.entries(definition.environment).map(
        ([name, value]) => [name, deps.rewriteHosts(value)] as const,
      );
      return {
        roleArn: definition.roleArn,
        variables: Object.fromEntries(variables),
        logGroup: definition.logGroupArn.split(':log-group:')[1] ?? '',
        versions,
        reserveConcurrency,
        reservedConcurrency,
      };
    },
    onFailure: (ref, record) => {
      const destinationArn = settingsOf(ref)?.onFailureArn;
      const definition = deps.functionNamed(ref.functionName)?.definition;
      if (destinationArn === undefined || !definition) return;
      const roleName =
        deps.directory.roles.find(({ roleArn }) => roleArn === definition.roleArn)?.roleName ?? '';
      const request = { action: 'sqs:SendMessage', resource: destinationArn, context: {} };
      // Lambda writes to the destination with the function's own role.
      if (authorizer.decide({ roleName }, request) === 'Allowed') {
        queues.get(destinationArn)?.send(JSON.stringify(record), {});
      } else {
        deps.onProblem(
          `${ref.functionName} may not send its failed event to ${destinationArn}; the event is lost.`,
        );
      }
    },
  };
}
