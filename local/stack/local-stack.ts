import type { CallSummary } from '../aws/aws-endpoint.ts';
import { createVirtualClock, type VirtualClock } from '../clock/virtual-clock.ts';
import { createActivity } from './activity.ts';
import { type AwsServices, createAwsServices } from './aws-services.ts';
import { readCloudAssembly } from './cloud-assembly.ts';
import { planDeployment } from './deployment.ts';
import { createEventRouter, loadEventRules } from './event-rules.ts';
import { buildHostCode } from './function-environment.ts';
import { createFunctionFleet, type FunctionFleet } from './function-fleet.ts';
import { createFunctionRuntime } from './function-runtime.ts';
import { functionVariables } from './function-variables.ts';
import { createHostRewriter, type Hosts } from './hosts.ts';
import { createHttpGateways } from './http-gateways.ts';
import { loadFunctions } from './load-functions.ts';
import { loadHttpApis } from './load-http-api.ts';
import { loadIamDirectory } from './load-iam.ts';
import { LocalStackError } from './local-stack-error.ts';
import { createLogBook, type LogBook } from './log-book.ts';
import { createStackIam, type StackIam } from './stack-iam.ts';
import { createStackSecrets, type StackSecrets } from './stack-secrets.ts';
import { createTimeMachine, type TimeMachine } from './time-machine.ts';

export interface LocalStackOptions {
  /** The folder that `cdk synth` wrote. */
  cdkOut: string;
  clock?: VirtualClock;
  hosts?: Hosts;
  /** `gateway` or, for a second API, `gateway:<stack name>`. Default: any free port. */
  portOf?(part: string): number;
  accountId?: string;
  region?: string;
  /** Values for template parameters, by name. */
  parameters?: Record<string, string>;
  /** Workers per function. */
  maxEnvironments?: number;
  /** How often due schedules are looked for while the clock just ticks; 0 leaves that to the time machine. */
  tickMs?: number;
  onProgress?(sentence: string): void;
  onCall?(call: CallSummary): void;
}

export interface InvokeAnswer {
  /** What the function returned, parsed. */
  payload: unknown;
  functionError?: 'Unhandled';
}

/** The synthesised app, running. What belongs to AWS keeps its AWS name; URLs are those of loopback. */
export interface LocalStack {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The first HTTP API. */
  readonly apiUrl: string;
  /** Loopback URLs of every HTTP API by the endpoint it would have on AWS. */
  readonly apiUrls: Record<string, string>;
  readonly awsEndpointUrl: string;
  /** CfnOutputs by stack name and output name, with hosts rewritten. */
  readonly outputs: Record<string, Record<string, string>>;
  /** Rewrites outside addresses to the loopback ones that answer for them. */
  localUrl(url: string): string;
  /** By function name, ARN or logical id; an alias goes behind a colon. */
  invoke(functionReference: string, payload?: unknown): Promise<InvokeAnswer>;
  /** Ends a function's workers without warning; answers how many there were. */
  kill(functionReference: string): Promise<number>;
  readonly functions: FunctionFleet;
  readonly clock: VirtualClock;
  readonly time: TimeMachine;
  readonly secrets: StackSecrets;
  readonly iam: StackIam;
  readonly events: AwsServices['events'];
  readonly scheduler: AwsServices['scheduler'];
  readonly dynamodb: AwsServices['dynamodb'];
  readonly kms: AwsServices['kms'];
  readonly queues: AwsServices['queues'];
  readonly faults: AwsServices['endpoint']['faults'];
  readonly logs: LogBook;
  /** Access log lines in the template's format, oldest first. */
  accessLogs(): string[];
  /** What the stack itself could not do, in sentences; empty when all is well. */
  problems(): string[];
}

const DEFAULT_ACCOUNT_ID = '123456789012';
const DEFAULT_REGION = 'us-east-1';
const DEFAULT_MAX_ENVIRONMENTS = 6;
const DEFAULT_TICK_MS = 200;

/** Runs what was synthesised, on this machine alone. Nothing starts before `start()`. */
export const createLocalStack = (options: LocalStackOptions): LocalStack => {
  const { clock = createVirtualClock(), accountId = DEFAULT_ACCOUNT_ID, region = DEFAULT_REGION } = options;
  const nowMs = (): number => clock.nowMs();
  const progress = options.onProgress ?? (() => undefined);
  const problems: string[] = [];
  const onProblem = (sentence: string): void => void problems.push(sentence);

  const assembly = readCloudAssembly(options.cdkOut);
  const place = { accountId, region, partition: 'aws', urlSuffix: 'amazonaws.com' };
  const deployment = planDeployment(assembly, { place, parameters: options.parameters ?? {} });
  const directory = loadIamDirectory(deployment);
  const iamRoleOf = (roleArn: string) => iam.role(roleArn);

  const activity = createActivity();
  const logs = createLogBook();
  const accessLogs: string[] = [];
  let running:
    | { awsEndpointUrl: string; apiUrls: Record<string, string>; rewriteHosts(text: string): string }
    | undefined;
  let hostCode = '';
  let ticker: NodeJS.Timeout | undefined;

  const started = () => {
    if (running) return running;
    throw new LocalStackError('NOT_STARTED', 'The local stack has not been started.');
  };

  const fleet = createFunctionFleet(
    loadFunctions(deployment).map((definition) =>
      createFunctionRuntime({
        definition,
        clockCells: clock.cells,
        hostCode: () => hostCode,
        maxEnvironments: options.maxEnvironments ?? DEFAULT_MAX_ENVIRONMENTS,
        logs,
        nowMs,
        activity,
        variables: () =>
          functionVariables(definition, iamRoleOf(definition.roleArn), { region, ...started() }),
      }),
    ),
  );

  const services = createAwsServices({
    deployment,
    directory,
    nowMs,
    functionNamed: (name) => fleet.byName.get(name),
    onProblem,
    ...(options.onCall ? { onCall: options.onCall } : {}),
  });
  const iam = createStackIam(deployment, directory, services.authorizer);
  services.events.subscribe(
    createEventRouter({
      rules: loadEventRules(deployment),
      functionByArn: (arn) => fleet.find(arn)?.definition,
      invokeAsync: services.lambda.invokeAsync,
      onProblem,
    }),
  );
  const apis = loadHttpApis(deployment);
  const gateways = createHttpGateways({
    apis,
    place,
    directory,
    authorizer: services.authorizer,
    fleet,
    activity,
    portOf: options.portOf ?? (() => 0),
    nowMs,
    onAccessLog: (line) => void accessLogs.push(line),
  });
  const time = createTimeMachine({
    clock,
    activity,
    sources: [services.scheduler, services.lambda],
    callsInFlight: services.endpoint.inFlight,
  });

  const start = async (): Promise<void> => {
    const [apiUrls, awsEndpointUrl, code] = await Promise.all([
      gateways.start(),
      services.start(),
      buildHostCode(),
    ]);
    hostCode = code;
    running = { apiUrls, awsEndpointUrl, rewriteHosts: createHostRewriter({ ...apiUrls, ...options.hosts }) };
    const tickMs = options.tickMs ?? DEFAULT_TICK_MS;
    if (tickMs > 0) {
      ticker = setInterval(
        () => void time.fireDue().catch((error: unknown) => onProblem(String(error))),
        tickMs,
      );
      ticker.unref();
    }
    progress(`${fleet.byName.size} functions of ${deployment.stacks.length} stacks are ready.`);
  };

  return {
    start,
    stop: async () => {
      clearInterval(ticker);
      await gateways.stop();
      await fleet.stop();
      await services.endpoint.stop();
    },
    get apiUrl() {
      return started().apiUrls[apis[0]?.endpoint ?? ''] ?? '';
    },
    get apiUrls() {
      return started().apiUrls;
    },
    get awsEndpointUrl() {
      return started().awsEndpointUrl;
    },
    get outputs() {
      const { rewriteHosts } = started();
      const local = (outputs: Record<string, string>) =>
        Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, rewriteHosts(value)]));
      return Object.fromEntries(
        deployment.stacks.map(({ stackName, outputs }) => [stackName, local(outputs)]),
      );
    },
    localUrl: (url) => started().rewriteHosts(url),
    invoke: async (reference, payload = {}) => {
      const [, qualifier] = reference.startsWith('arn:')
        ? [reference, reference.split(':')[7]]
        : reference.split(':');
      const runtime = fleet.get(reference.startsWith('arn:') ? reference : (reference.split(':')[0] ?? ''));
      const result = await runtime.invoke({ event: JSON.stringify(payload), qualifier });
      const answer = { payload: JSON.parse(result.payload) as unknown };
      return result.outcome === 'failed' ? { ...answer, functionError: 'Unhandled' } : answer;
    },
    kill: (reference) => fleet.get(reference).kill(),
    functions: fleet,
    clock,
    time,
    secrets: createStackSecrets(deployment, services.secretsManager),
    iam,
    events: services.events,
    scheduler: services.scheduler,
    dynamodb: services.dynamodb,
    kms: services.kms,
    queues: services.queues,
    faults: services.endpoint.faults,
    logs,
    accessLogs: () => [...accessLogs],
    problems: () => [...problems],
  };
};
