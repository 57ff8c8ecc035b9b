import type { CallSummary } from '../aws/aws-endpoint.ts';
import { type AlarmStates, createAlarmStates } from '../aws/cloudwatch/alarm-states.ts';
import { embeddedMeasurements } from '../aws/cloudwatch/embedded-metrics.ts';
import { createMetricStore } from '../aws/cloudwatch/metric-store.ts';
import { createServiceMetrics } from '../aws/cloudwatch/service-metrics.ts';
import { createEventRouter, loadEventRules } from '../aws/event-rules.ts';
import type { KeyMaterials } from '../aws/kms/kms-keys.ts';
import type { SecretsManagerService } from '../aws/secrets-manager-service.ts';
import { createTimeMachine, type TimeMachine } from '../clock/time-machine.ts';
import type { VirtualClock } from '../clock/virtual-clock.ts';
import {
  createFunctionFleet,
  createFunctionRuntime,
  type FunctionFleet,
} from '../functions/function-runtime.ts';
import { functionVariables } from '../functions/function-variables.ts';
import type { LogBook } from '../functions/log-book.ts';
import { createLogPermission } from '../functions/log-permission.ts';
import { createHttpGateways, type HttpGateways } from '../gateway/http-gateways.ts';
import { readCloudAssembly } from '../template/cloud-assembly.ts';
import { type Deployment, meansLogicalId, planDeployment, resourcesOfType } from '../template/deployment.ts';
import { loadAlarms } from '../template/load-alarms.ts';
import { loadFunctions } from '../template/load-functions.ts';
import { loadHttpApis } from '../template/load-http-api.ts';
import { loadIamDirectory } from '../template/load-iam.ts';
import { createActivity } from './activity.ts';
import { type AwsServices, createAwsServices } from './aws-services.ts';
import { createStackIam, type StackIam } from './stack-iam.ts';

/** What is known only once the servers listen. */
export interface Surroundings {
  apiUrls: Record<string, string>;
  awsEndpointUrl: string;
  rewriteHosts(text: string): string;
  hostCode: string;
}

export interface StackPartsDeps {
  cdkOut: string;
  accountId: string;
  region: string;
  parameters: Record<string, string>;
  maxEnvironments: number | ((functionName: string) => number);
  clock: VirtualClock;
  keyMaterials?: KeyMaterials;
  logs: LogBook;
  portOf(part: string): number;
  surroundings(): Surroundings;
  onAccessLog(line: string): void;
  onProblem(sentence: string): void;
  onCall(call: CallSummary): void;
}

export interface StackParts {
  deployment: Deployment;
  services: AwsServices;
  fleet: FunctionFleet;
  gateways: HttpGateways;
  iam: StackIam;
  time: TimeMachine;
  alarms: AlarmStates;
  concurrency: AccountConcurrency;
}

/** The account's concurrency, of which every function without a reservation takes. */
export interface AccountConcurrency {
  /** Other functions of the account take all of it. */
  exhaust(): void;
  restore(): void;
}

/** Reads the template and wires everything that runs it. Nothing listens or runs yet. */
export function createStackParts(deps: StackPartsDeps): StackParts {
  const { clock, onProblem, region, surroundings } = deps;
  const nowMs = (): number => clock.nowMs();
  const place = { accountId: deps.accountId, region, partition: 'aws', urlSuffix: 'amazonaws.com' };
  const deployment = planDeployment(readCloudAssembly(deps.cdkOut), { place, parameters: deps.parameters });
  const directory = loadIamDirectory(deployment);
  const activity = createActivity();
  const metrics = createMetricStore();
  let hasConcurrency = true;
  const counted = createServiceMetrics(metrics, nowMs);
  const alarms = createAlarmStates({ alarms: loadAlarms(deployment), metrics, nowMs });
  deps.logs.onLine(({ json }) => {
    for (const measurement of json ? embeddedMeasurements(json) : []) metrics.record(measurement);
  });

  const fleet = createFunctionFleet(
    loadFunctions(deployment).map((definition) => {
      let mayLog: (() => boolean) | undefined;
      return createFunctionRuntime({
        definition,
        mayLog: () => {
          const { roleName } = iam.role(definition.roleArn);
          mayLog ??= createLogPermission({ definition, roleName, authorizer, onProblem });
          return mayLog();
        },
        clockCells: clock.cells,
        hostCode: () => surroundings().hostCode,
        maxEnvironments:
          typeof deps.maxEnvironments === 'number'
            ? deps.maxEnvironments
            : deps.maxEnvironments(definition.functionName),
        logs: deps.logs,
        nowMs,
        activity,
        accountHasConcurrency: () => hasConcurrency,
        onRun: (run) => counted.functionRan(definition.functionName, run),
        variables: () =>
          functionVariables(definition, iam.role(definition.roleArn), { region, ...surroundings() }),
      });
    }),
  );
  const functionNamed = (name: string) => fleet.byName.get(name);
  const services = createAwsServices({
    deployment,
    ...(deps.keyMaterials && { keyMaterials: deps.keyMaterials }),
    directory,
    nowMs,
    functionNamed,
    functions: () => [...fleet.byName.values()].map(({ definition }) => definition),
    logs: deps.logs,
    rewriteHosts: (text) => surroundings().rewriteHosts(text),
    metrics,
    alarms,
    onProblem,
    onCall: deps.onCall,
  });
  const { authorizer } = services;
  const iam = createStackIam(deployment, directory, authorizer);
  const gateways = createHttpGateways({
    apis: loadHttpApis(deployment),
    place,
    directory,
    authorizer,
    fleet,
    activity,
    portOf: deps.portOf,
    nowMs,
    onAnswer: counted.apiAnswered,
    onAccessLog: deps.onAccessLog,
    onProblem,
  });
  const time = createTimeMachine({
    clock,
    activity,
    sources: [services.scheduler, services.lambda],
    callsInFlight: services.endpoint.inFlight,
  });
  services.events.subscribe(
    createEventRouter({
      rules: loadEventRules(deployment),
      functionByArn: (arn) => fleet.find(arn)?.definition,
      invokeAsync: services.lambda.invokeAsync,
      onProblem,
    }),
  );
  const concurrency: AccountConcurrency = {
    exhaust: () => {
      hasConcurrency = false;
    },
    restore: () => {
      hasConcurrency = true;
    },
  };
  return { deployment, services, fleet, gateways, iam, time, alarms, concurrency };
}

export interface StackSecrets {
  /** Fills a secret as an operator would: by name, ARN or logical id. */
  put(reference: string, secretString: string): void;
}

export function createStackSecrets(deployment: Deployment, service: SecretsManagerService): StackSecrets {
  return {
    put: (reference, secretString) => {
      const byLogicalId = resourcesOfType(deployment, 'AWS::SecretsManager::Secret').find(({ logicalId }) =>
        meansLogicalId(logicalId, reference),
      );
      service.putSecretString(byLogicalId?.identity.ref ?? reference, secretString);
    },
  };
}
