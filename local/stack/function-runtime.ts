import type { Activity } from './activity.ts';
import { createFunctionEnvironment, type FunctionEnvironment } from './function-environment.ts';
import type { InvocationInput, InvocationResult } from './invocation.ts';
import type { FunctionDefinition } from './load-functions.ts';
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
}

export function createFunctionRuntime(deps: FunctionRuntimeDeps): FunctionRuntime {
  const { definition } = deps;
  const all = new Set<FunctionEnvironment>();
  const idle: FunctionEnvironment[] = [];
  const queue: (() => void)[] = [];
  // Above the limit AWS throttles and callers try again; here they wait in line.
  const limit = Math.min(deps.maxEnvironments, definition.reservedConcurrency ?? deps.maxEnvironments);
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

  const startEnvironment = (): FunctionEnvironment => {
    const environment = createFunctionEnvironment({
      definition,
      variables: deps.variables(),
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
    const position = idle.indexOf(environment);
    if (position >= 0) idle.splice(position, 1);
  };

  const runOnFreeEnvironment = async (input: InvocationInput): Promise<InvocationResult> => {
    while (busy >= limit) await new Promise<void>((resolve) => queue.push(resolve));
    busy += 1;
    // Lambda's own START, END and REPORT lines go the same way as the function's.
    deps.mayLog();
    const environment = idle.pop() ?? startEnvironment();
    try {
      return await environment.invoke(input);
    } finally {
      busy -= 1;
      if (all.has(environment)) idle.push(environment);
      queue.shift()?.();
    }
  };

  return {
    definition,
    environments: () => all.size,
    invoke: (input) => deps.activity.during(() => runOnFreeEnvironment(input)),
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
