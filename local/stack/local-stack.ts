import type { CallSummary } from '../aws/aws-endpoint.ts';
import type { AlarmStates } from '../aws/cloudwatch/alarm-states.ts';
import type { KeyMaterials } from '../aws/kms/kms-keys.ts';
import type { TimeMachine } from '../clock/time-machine.ts';
import { createVirtualClock, type VirtualClock } from '../clock/virtual-clock.ts';
import type { FunctionFleet } from '../functions/function-runtime.ts';
import { buildHostCode } from '../functions/host-code.ts';
import { createBoundedList, createLogBook, type LogBook } from '../functions/log-book.ts';
import type { AwsServices } from './aws-services.ts';
import { createHostRewriter, type Hosts } from './hosts.ts';
import { LocalStackError } from './local-stack-error.ts';
import type { StackIam } from './stack-iam.ts';
import {
  type AccountConcurrency,
  createStackParts,
  createStackSecrets,
  type StackParts,
  type StackSecrets,
  type Surroundings,
} from './stack-parts.ts';

export interface LocalStackOptions {
  /** The folder that `cdk synth` wrote. */
  cdkOut: string;
  clock?: VirtualClock;
  hosts?: Hosts;
  /** `gateway` or, for a second API, `gateway:<stack name>`. Default: any free port. */
  portOf?(part: string): number;
  /** Shared by stacks of several Regions whose multi-Region keys belong together. */
  keyMaterials?: KeyMaterials;
  accountId?: string;
  region?: string;
  /** Values for template parameters, by name. */
  parameters?: Record<string, string>;
  /** Workers per function; may differ by the function's name. */
  maxEnvironments?: number | ((functionName: string) => number);
  /** How often due schedules are looked for while the clock just ticks; 0 leaves that to the time machine. */
  tickMs?: number;
  onProgress?(sentence: string): void;
  onCall?(call: CallSummary): void;
}

interface InvokeAnswer {
  /** What the function returned, parsed. */
  payload: unknown;
  functionError?: 'Unhandled';
}

/** The synthesised app, running. Resources keep their AWS names; URLs are on loopback. */
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
  /**
   * Ends a function's workers without warning; answers how many there were. With a question, only those that are working
   * on an event it is true of.
   */
  kill(functionReference: string, worksOn?: (event: unknown) => boolean): Promise<number>;
  readonly functions: FunctionFleet;
  readonly clock: VirtualClock;
  readonly time: TimeMachine;
  readonly secrets: StackSecrets;
  readonly iam: StackIam;
  /** The access key of a role, by role name, ARN or logical id. */
  credentialsOf: StackIam['credentialsOf'];
  readonly events: AwsServices['events'];
  readonly scheduler: AwsServices['scheduler'];
  readonly dynamodb: AwsServices['dynamodb'];
  readonly kms: AwsServices['kms'];
  readonly queues: AwsServices['queues'];
  readonly account: AwsServices['account'];
  readonly logGroups: AwsServices['logGroups'];
  readonly faults: AwsServices['endpoint']['faults'];
  /** Calls the watcher at each stage of every call to the AWS endpoint. Returns a function that stops this. */
  readonly watchCalls: AwsServices['endpoint']['watchCalls'];
  readonly logs: LogBook;
  /** The alarms of the template, evaluated on what the functions and the stand-ins measured. */
  readonly alarms: AlarmStates;
  readonly concurrency: AccountConcurrency;
  /** Access log lines in the template's format, oldest first. */
  accessLogs(): string[];
  /** What the stack itself could not do, in sentences; empty when there was no problem. */
  problems(): string[];
}

const defaults = {
  accountId: '123456789012',
  region: 'us-east-1',
  parameters: {},
  maxEnvironments: 6,
  portOf: () => 0,
  onCall: () => undefined,
};
const DEFAULT_TICK_MS = 200;
const MAX_ACCESS_LOG_LINES = 50_000;

/** Runs what was synthesised, on this machine alone. Nothing starts before `start()`. */
export function createLocalStack(options: LocalStackOptions): LocalStack {
  const problems: string[] = [];
  const accessLogs = createBoundedList<string>(MAX_ACCESS_LOG_LINES);
  const clock = options.clock ?? createVirtualClock();
  const logs = createLogBook();
  const onProblem = (sentence: string): void => void problems.push(sentence);
  let known: Surroundings | undefined;
  let ticker: NodeJS.Timeout | undefined;

  const surroundings = (): Surroundings => {
    if (known) return known;
    throw new LocalStackError('NOT_STARTED', 'The local stack has not been started.');
  };
  const parts = createStackParts({
    ...defaults,
    ...options,
    clock,
    logs,
    surroundings,
    onProblem,
    onAccessLog: accessLogs.push,
  });

  const stop = async (): Promise<void> => {
    clearInterval(ticker);
    await parts.gateways.stop();
    await parts.fleet.stop();
    await parts.services.endpoint.stop();
  };

  const start = async (): Promise<void> => {
    try {
      known = await startServers(parts, options.hosts ?? {});
    } catch (error) {
      await stop();
      throw error;
    }
    ticker = startTicking(parts.time, options.tickMs ?? DEFAULT_TICK_MS, onProblem);
    const { deployment, fleet } = parts;
    options.onProgress?.(`${fleet.byName.size} functions of ${deployment.stacks.length} stacks are ready.`);
  };

  return {
    start,
    stop,
    get apiUrl() {
      return Object.values(surroundings().apiUrls)[0] ?? '';
    },
    get apiUrls() {
      return surroundings().apiUrls;
    },
    get awsEndpointUrl() {
      return surroundings().awsEndpointUrl;
    },
    get outputs() {
      return localOutputs(parts, surroundings());
    },
    localUrl: (url) => surroundings().rewriteHosts(url),
    ...controlsOf(parts),
    clock,
    logs,
    accessLogs: accessLogs.entries,
    problems: () => [...problems],
  };
}

async function startServers(parts: StackParts, hosts: Hosts): Promise<Surroundings> {
  const [apiUrls, awsEndpointUrl, hostCode] = await Promise.all([
    parts.gateways.start(),
    parts.services.start(),
    buildHostCode(),
  ]);
  return { apiUrls, awsEndpointUrl, hostCode, rewriteHosts: createHostRewriter({ ...apiUrls, ...hosts }) };
}

function startTicking(
  time: TimeMachine,
  tickMs: number,
  onProblem: (sentence: string) => void,
): NodeJS.Timeout | undefined {
  if (tickMs <= 0) return undefined;
  const ticker = setInterval(() => {
    time.fireDue().catch((error: unknown) => onProblem(String(error)));
  }, tickMs);
  return ticker.unref();
}

function localOutputs(
  { deployment }: StackParts,
  { rewriteHosts }: Surroundings,
): Record<string, Record<string, string>> {
  return Object.fromEntries(
    deployment.stacks.map(({ stackName, outputs }) => [
      stackName,
      Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, rewriteHosts(value)])),
    ]),
  );
}

function controlsOf({ deployment, services, fleet, iam, time, alarms, concurrency }: StackParts) {
  return {
    alarms,
    concurrency,
    invoke: async (reference: string, payload: unknown = {}): Promise<InvokeAnswer> => {
      const { runtime, qualifier } = fleet.resolve(reference);
      const result = await runtime.invoke({ event: JSON.stringify(payload), qualifier });
      if (result.outcome === 'throttled') {
        throw new LocalStackError('THROTTLED', `There is no concurrency for ${reference}.`);
      }
      const answer = { payload: JSON.parse(result.payload) as unknown };
      return result.outcome === 'failed' ? { ...answer, functionError: 'Unhandled' } : answer;
    },
    kill: (reference: string, worksOn?: (event: unknown) => boolean): Promise<number> =>
      fleet.get(reference).kill(worksOn),
    functions: fleet,
    time,
    iam,
    credentialsOf: iam.credentialsOf,
    secrets: createStackSecrets(deployment, services.secretsManager),
    events: services.events,
    scheduler: services.scheduler,
    dynamodb: services.dynamodb,
    kms: services.kms,
    queues: services.queues,
    account: services.account,
    logGroups: services.logGroups,
    faults: services.endpoint.faults,
    watchCalls: services.endpoint.watchCalls,
  };
}
