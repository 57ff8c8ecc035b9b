import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import type { FunctionFault, FunctionHostData, HostMessage, InvocationMessage } from './function-messages.ts';
import type { FunctionDefinition } from './load-functions.ts';

export type InvocationResult =
  | { outcome: 'returned'; requestId: string; payload: string }
  | { outcome: 'failed'; requestId: string; payload: string; errorType: string };

export interface InvocationInput {
  event: string;
  /** An alias or version; absent for the plain function name. */
  qualifier?: string | undefined;
  requestId?: string | undefined;
}

export interface FunctionEnvironmentDeps {
  definition: FunctionDefinition;
  variables: Record<string, string>;
  clockCells: SharedArrayBuffer;
  hostCode: string;
  onOutput(stream: 'stdout' | 'stderr', chunk: string, requestId: string | undefined): void;
  onExit(): void;
}

/** One execution environment: a worker that runs one invocation at a time, like a Lambda sandbox. */
export interface FunctionEnvironment {
  invoke(input: InvocationInput): Promise<InvocationResult>;
  /** Ends the worker at once, whatever it is doing. */
  kill(): Promise<void>;
}

// Real Lambda allows 10 s; a busy laptop starting many workers gets a little more.
const INIT_TIMEOUT_MS = 20_000;

/** The code every worker starts with, as one script: workers then need no loader of their own. */
export const buildHostCode = async (): Promise<string> => {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('./function-host.ts', import.meta.url))],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'silent',
  });
  return result.outputFiles[0]?.text ?? '';
};

const failed = (
  requestId: string,
  fault: FunctionFault | Omit<FunctionFault, 'trace'>,
): InvocationResult => ({
  outcome: 'failed',
  requestId,
  payload: JSON.stringify(fault),
  errorType: fault.errorType,
});

interface Running {
  requestId: string;
  settle(result: InvocationResult): void;
}

export const createFunctionEnvironment = (deps: FunctionEnvironmentDeps): FunctionEnvironment => {
  const { definition } = deps;
  const workerData: FunctionHostData = {
    modulePath: definition.modulePath,
    handlerExport: definition.handlerExport,
    clockCells: deps.clockCells,
  };
  const worker = new Worker(deps.hostCode, {
    eval: true,
    env: deps.variables,
    // A test runner's or loader's own options have no place in a function.
    execArgv: [],
    stdout: true,
    stderr: true,
    workerData,
  });
  worker.unref();
  let running: Running | undefined;
  let isGone = false;

  const finish = (result: (requestId: string) => InvocationResult): void => {
    const current = running;
    running = undefined;
    current?.settle(result(current.requestId));
  };

  /** Takes the environment out of use before its worker has quite ended. */
  const retire = (): void => {
    isGone = true;
    deps.onExit();
    void worker.terminate();
  };

  const ready = new Promise<void>((resolve) => {
    worker.on('message', (message: HostMessage) => {
      if (message.kind === 'ready') resolve();
      else if (message.kind === 'log') deps.onOutput(message.stream, message.chunk, running?.requestId);
      else if (message.kind === 'returned') {
        const { payload } = message;
        finish((requestId) => ({ outcome: 'returned', requestId, payload }));
      } else {
        const { fault } = message;
        finish((requestId) => failed(requestId, fault));
        if (message.requestId === undefined) retire();
      }
    });
  });

  for (const stream of ['stdout', 'stderr'] as const) {
    worker[stream]
      .setEncoding('utf8')
      .on('data', (chunk: string) => deps.onOutput(stream, chunk, running?.requestId));
  }

  worker.on('error', (error: Error) => {
    finish((requestId) => failed(requestId, { errorType: error.name, errorMessage: error.message }));
  });
  worker.on('exit', (code) => {
    isGone = true;
    finish((requestId) =>
      failed(requestId, {
        errorType: 'Runtime.ExitError',
        errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: exit status ${code}`,
      }),
    );
    deps.onExit();
  });

  const timeOut = (timeoutMs: number, requestId: string): void => {
    const seconds = (timeoutMs / 1000).toFixed(2);
    const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`;
    deps.onOutput('stderr', `${errorMessage}\n`, requestId);
    finish(() => failed(requestId, { errorType: 'Sandbox.Timedout', errorMessage }));
    retire();
  };

  const post = (input: InvocationInput, requestId: string, timeoutMs: number): void => {
    const { qualifier } = input;
    worker.postMessage({
      event: input.event,
      requestId,
      functionName: definition.functionName,
      functionVersion: qualifier === undefined || qualifier === '$LATEST' ? '$LATEST' : '1',
      invokedFunctionArn:
        qualifier === undefined ? definition.functionArn : `${definition.functionArn}:${qualifier}`,
      memoryMb: definition.memoryMb,
      timeoutMs,
    } satisfies InvocationMessage);
  };

  return {
    invoke: (input) =>
      new Promise((resolve) => {
        const requestId = input.requestId ?? randomUUID();
        const timeoutMs = definition.timeoutSeconds * 1000;
        let timer = setTimeout(() => timeOut(INIT_TIMEOUT_MS, requestId), INIT_TIMEOUT_MS);
        running = {
          requestId,
          settle: (result) => {
            clearTimeout(timer);
            resolve(result);
          },
        };
        if (isGone) {
          finish((id) =>
            failed(id, {
              errorType: 'Runtime.ExitError',
              errorMessage: `RequestId: ${id} Error: Runtime exited`,
            }),
          );
          return;
        }
        void ready.then(() => {
          if (running?.requestId !== requestId) return;
          clearTimeout(timer);
          timer = setTimeout(() => timeOut(timeoutMs, requestId), timeoutMs);
          post(input, requestId, timeoutMs);
        });
      }),
    kill: async () => {
      await worker.terminate();
    },
  };
};
