import { randomUUID } from 'node:crypto';
import type { FunctionRun } from '../aws/cloudwatch/service-metrics.ts';
import type { Activity } from '../stack/activity.ts';
import { LocalStackError } from '../stack/local-stack-error.ts';
import { meansLogicalId } from '../template/deployment.ts';
import type { FunctionDefinition } from '../template/load-functions.ts';
import { createFunctionEnvironment, type FunctionEnvironment } from './function-environment.ts';
import { createFunctionVersions, type FunctionVersions } from './function-versions.ts';
import type { InvocationInput, InvocationResult } from './invocation.ts';
import { createLineSplitter, type LogBook } from './log-book.ts';

/** One function with its execution environments. */
export interface FunctionRuntime {
  readonly definition: FunctionDefinition;
  invoke(input: InvocationInput): Promise<InvocationResult>;
  /**
   * Ends environments without warning, whatever they are doing; answers how many there were. With a question, only those
   * that are working on an event it is true of.
   */
  kill(worksOn?: (event: unknown) => boolean): Promise<number>;
  environments(): number;
  /** What an operator sets with `PutFunctionConcurrency`; `undefined` removes it. Running invocations go on. */
  reserveConcurrency(reserved: number | undefined): void;
  reservedConcurrency(): number | undefined;
  readonly versions: FunctionVersions;
}

export interface FunctionRuntimeDeps {
  definition: FunctionDefinition;
  /** The environment variables as the function sees them; read when an environment starts. */
  variables(): Record<string, string>;
  clockCells: SharedArrayBuffer;
  hostCode(): string;
  maxEnvironments: number;
  logs: LogBook;
  /** Whether the function's role lets Lambda write its output. */
  mayLog(): boolean;
  nowMs(): number;
  activity: Activity;
  /** Whether the account has concurrency left for functions without a reservation. */
  accountHasConcurrency?(): boolean;
  /** What CloudWatch counts. */
  onRun?(run: FunctionRun): void;
}

export function createFunctionRuntime(deps: FunctionRuntimeDeps): FunctionRuntime {
  const { definition } = deps;
  const all = new Set<FunctionEnvironment>();
  const versions = createFunctionVersions(definition.aliases);
  const idle = new Map<string, FunctionEnvironment[]>();
  const queue: (() => void)[] = [];
  let reserved = definition.reservedConcurrency;
  // Above the limit AWS throttles and callers try again; here they wait in line, unless nothing may run at all.
  const limit = (): number => Math.min(deps.maxEnvironments, reserved ?? deps.maxEnvironments);
  let busy = 0;

  const outputTo = (): ((
    stream: 'stdout' | 'stderr',
    chunk: string,
    requestId: string | undefined,
  ) => void) => {
    let latestRequestId: string | undefined;
    const splitterFor = (stream: 'stdout' | 'stderr') =>
      createLineSplitter((text) => {
        if (!deps.mayLog()) return;
        deps.logs.write({
          atMs: deps.nowMs(),
          functionName: definition.functionName,
          requestId: latestRequestId,
          stream,
          text,
        });
      });
    const splitters = { stdout: splitterFor('stdout'), stderr: splitterFor('stderr') };
    return (stream, chunk, requestId) => {
      latestRequestId = requestId ?? latestRequestId;
      splitters[stream](chunk);
    };
  };

  const startEnvironment = (version: string): FunctionEnvironment => {
    const environment = createFunctionEnvironment({
      definition,
      variables: { ...deps.variables(), ...versions.variablesOf(version) },
      clockCells: deps.clockCells,
      hostCode: deps.hostCode(),
      onOutput: outputTo(),
      onGone: () => discard(environment),
    });
    all.add(environment);
    return environment;
  };

  const discard = (environment: FunctionEnvironment): void => {
    all.delete(environment);
    for (const waiting of idle.values()) {
      const position = waiting.indexOf(environment);
      if (position >= 0) waiting.splice(position, 1);
    }
  };

  const throttledBy = (): 'reserved-zero' | 'account' | undefined => {
    if (reserved === 0) return 'reserved-zero';
    return reserved === undefined && deps.accountHasConcurrency?.() === false ? 'account' : undefined;
  };

  const run = async (input: InvocationInput): Promise<InvocationResult> => {
    const { qualifier } = input;
    const by = throttledBy();
    if (by) {
      deps.onRun?.({ kind: 'throttled', qualifier });
      return { outcome: 'throttled', requestId: randomUUID(), by };
    }
    return runOnFreeEnvironment(input);
  };

  const runOnFreeEnvironment = async (input: InvocationInput): Promise<InvocationResult> => {
    while (busy >= Math.max(1, limit())) await new Promise<void>((resolve) => queue.push(resolve));
    busy += 1;
    // Lambda's own START, END and REPORT lines go the same way as the function's.
    deps.mayLog();
    const version = versions.behind(input.qualifier);
    const waiting = idle.get(version) ?? [];
    idle.set(version, waiting);
    const environment = waiting.pop() ?? startEnvironment(version);
    const startedAtMs = performance.now();
    try {
      const result = await environment.invoke({ ...input, version });
      deps.onRun?.({
        kind: 'ran',
        qualifier: input.qualifier,
        version,
        failed: result.outcome === 'failed',
        durationMs: performance.now() - startedAtMs,
      });
      return result;
    } finally {
      busy -= 1;
      if (all.has(environment)) waiting.push(environment);
      queue.shift()?.();
    }
  };

  return {
    definition,
    environments: () => all.size,
    versions,
    reserveConcurrency: (count) => {
      reserved = count;
    },
    reservedConcurrency: () => reserved,
    invoke: (input) => deps.activity.during(() => run(input)),
    kill: async (worksOn) => {
      const victims = [...all].filter(
        ({ runningEvent }) =>
          worksOn === undefined ||
          (runningEvent() !== undefined && worksOn(JSON.parse(runningEvent() ?? ''))),
      );
      for (const victim of victims) discard(victim);
      await Promise.all(victims.map((victim) => victim.kill()));
      return victims.length;
    },
  };
}

/** Every function of the stack, found by name (with or without its stack's), ARN or logical id. */
export interface FunctionFleet {
  byName: ReadonlyMap<string, FunctionRuntime>;
  find(reference: string): FunctionRuntime | undefined;
  get(reference: string): FunctionRuntime;
  /** As `get`, with the alias or version that stands behind the name. */
  resolve(reference: string): { runtime: FunctionRuntime; qualifier: string | undefined };
  stop(): Promise<void>;
}

const ARN = /^arn:[^:]+:lambda:[^:]+:\d+:function:([^:]+)/;

export function createFunctionFleet(runtimes: FunctionRuntime[]): FunctionFleet {
  const byName = new Map(runtimes.map((runtime) => [runtime.definition.functionName, runtime]));

  const find = (reference: string): FunctionRuntime | undefined => {
    const name = ARN.exec(reference)?.[1] ?? reference;
    return (
      byName.get(name) ??
      runtimes.find(
        ({ definition }) =>
          definition.functionName === `${definition.stackName}-${name}` ||
          meansLogicalId(definition.logicalId, name),
      )
    );
  };

  const get = (reference: string): FunctionRuntime => {
    const runtime = find(reference);
    if (runtime) return runtime;
    const names = [...byName.keys()].join(', ');
    throw new LocalStackError('UNKNOWN_NAME', `There is no function ${reference}; there are ${names}.`);
  };

  return {
    byName,
    find,
    get,
    resolve: (reference) => {
      const [name = '', qualifier] = reference
        .replace(/^arn:[^:]+:lambda:[^:]+:\d+:function:/, '')
        .split(':');
      return { runtime: get(name), qualifier };
    },
    stop: async () => {
      await Promise.all(runtimes.map((runtime) => runtime.kill()));
    },
  };
}
