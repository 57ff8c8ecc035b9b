import type { CallSummary } from '../aws/aws-endpoint.ts';
import type { KeyMaterials } from '../aws/kms/kms-keys.ts';
import type { VirtualClock } from '../clock/virtual-clock.ts';
import { createActivity } from './activity.ts';
import { type AwsServices, createAwsServices } from './aws-services.ts';
import { readCloudAssembly } from './cloud-assembly.ts';
import { type Deployment, planDeployment } from './deployment.ts';
import { createEventRouter, loadEventRules } from './event-rules.ts';
import { createFunctionFleet, type FunctionFleet } from './function-fleet.ts';
import { createFunctionRuntime } from './function-runtime.ts';
import { functionVariables } from './function-variables.ts';
import { createHttpGateways, type HttpGateways } from './http-gateways.ts';
import { loadFunctions } from './load-functions.ts';
import { loadHttpApis } from './load-http-api.ts';
import { loadIamDirectory } from './load-iam.ts';
import type { LogBook } from './log-book.ts';
import { createLogPermission } from './log-permission.ts';
import { createStackIam, type StackIam } from './stack-iam.ts';
import { createTimeMachine, type TimeMachine } from './time-machine.ts';

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
}

/** Reads the template and wires everything that runs it. Nothing listens or runs yet. */
export function createStackParts(deps: StackPartsDeps): StackParts {
  const { clock, onProblem, region, surroundings } = deps;
  const nowMs = (): number => clock.nowMs();
  const place = { accountId: deps.accountId, region, partition: 'aws', urlSuffix: 'amazonaws.com' };
  const deployment = planDeployment(readCloudAssembly(deps.cdkOut), { place, parameters: deps.parameters });
  const directory = loadIamDirectory(deployment);
  const activity = createActivity();

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
    rewriteHosts: (text) => surroundings().rewriteHosts(text),
    logs: deps.logs,
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
  return { deployment, services, fleet, gateways, iam, time };
}
