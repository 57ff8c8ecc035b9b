import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { patientTimeout, workingTime } from '../clock/working-time.ts';
import type { FunctionDefinition } from '../template/load-functions.ts';
import type { InvocationResult } from './invocation.ts';
import {
  exited,
  type FunctionHostData,
  failedWith,
  type HostMessage,
  type InvocationInput,
  type InvocationMessage,
  timedOut,
  timeoutMessage,
} from './invocation.ts';

export interface FunctionEnvironmentDeps {
  definition: FunctionDefinition;
  variables: Record<string, string>;
  clockCells: SharedArrayBuffer;
  hostCode: string;
  onOutput(stream: 'stdout' | 'stderr', chunk: string, requestId: string | undefined): void;
  /** The environment can take no more invocations; may be called more than once. */
  onGone(): void;
}

/** One execution environment: a worker that runs one invocation at a time, like a Lambda sandbox. */
export interface FunctionEnvironment {
  invoke(input: InvocationInput): Promise<InvocationResult>;
  /** The event it is working on, as JSON. */
  runningEvent(): string | undefined;
  /** Ends the worker at once, whatever it is doing. */
  kill(): Promise<void>;
}

interface Running {
  requestId: string;
  event: string;
  settle(result: InvocationResult): void;
}

/** Lambda allows 10 s. Many workers that start at once on a busy machine need more; this ends what hangs. */
const INIT_TIMEOUT_MS = 120_000;

export function createFunctionEnvironment(deps: FunctionEnvironmentDeps): FunctionEnvironment {
  const { definition } = deps;
  const worker = startWorker(deps);
  let running: Running | undefined;
  let isGone = false;

  const finish = (resultOf: (requestId: string) => InvocationResult): void => {
    const current = running;
    running = undefined;
    current?.settle(resultOf(current.requestId));
  };

  /** Takes the environment out of use before its worker has exited. */
  const retire = (resultOf: (requestId: string) => InvocationResult): void => {
    isGone = true;
    deps.onGone();
    finish(resultOf);
    void worker.terminate();
  };

  const whenReady = new Promise<void>((resolve) => {
    listenTo(worker, {
      ready: resolve,
      output: (stream, chunk) => deps.onOutput(stream, chunk, running?.requestId),
      finish,
      retire,
    });
  });

  const timeOut = (limitMs: number): void => {
    if (running)
      deps.onOutput('stderr', `${timeoutMessage(running.requestId, limitMs)}\n`, running.requestId);
    retire((requestId) => timedOut(requestId, limitMs));
  };

  const invoke = async (input: InvocationInput): Promise<InvocationResult> => {
    const requestId = randomUUID();
    if (isGone) return exited(requestId, 'the environment is gone');
    const timeoutMs = definition.timeoutSeconds * 1000;
    let timer = patientTimeout(() => timeOut(INIT_TIMEOUT_MS), INIT_TIMEOUT_MS, workingTime());
    const result = new Promise<InvocationResult>((settle) => {
      running = { requestId, event: input.event, settle };
    });
    void whenReady.then(() => {
      if (running?.requestId !== requestId) return;
      clearTimeout(timer);
      timer = patientTimeout(() => timeOut(timeoutMs), timeoutMs, workingTime());
      worker.postMessage(messageOf(definition, input, requestId, timeoutMs));
    });
    return result.finally(() => clearTimeout(timer));
  };

  return {
    invoke,
    runningEvent: () => running?.event,
    kill: async () => {
      await worker.terminate();
    },
  };
}

function startWorker({ definition, variables, clockCells, hostCode }: FunctionEnvironmentDeps): Worker {
  const { modulePath, handlerExport } = definition;
  const worker = new Worker(hostCode, {
    eval: true,
    env: variables,
    // A function must not inherit the options of a test runner or loader.
    execArgv: [],
    stdout: true,
    stderr: true,
    workerData: {
      modulePath,
      handlerExport,
      clockCells,
      workingTimeCells: workingTime().cells,
    } satisfies FunctionHostData,
  });
  worker.unref();
  return worker;
}

interface WorkerListener {
  ready(): void;
  output(stream: 'stdout' | 'stderr', chunk: string): void;
  finish(resultOf: (requestId: string) => InvocationResult): void;
  retire(resultOf: (requestId: string) => InvocationResult): void;
}

function listenTo(worker: Worker, listener: WorkerListener): void {
  // Lambda's runtime writes every error it reports into the function's log.
  const logFault = (kind: string, fault: object): void =>
    listener.output('stderr', `ERROR\t${kind}\t${JSON.stringify(fault)}\n`);
  worker.on('message', (message: HostMessage) => {
    switch (message.kind) {
      case 'ready':
        return listener.ready();
      case 'log':
        return listener.output(message.stream, message.chunk);
      case 'returned':
        return listener.finish((requestId) => ({ outcome: 'returned', requestId, payload: message.payload }));
      case 'failed':
        logFault('Invoke Error', message.fault);
        return listener.finish((requestId) => failedWith(requestId, message.fault));
      case 'unusable':
        logFault('Uncaught Exception', message.fault);
        return listener.retire((requestId) => failedWith(requestId, message.fault));
    }
  });
  // Output that the host does not forward, such as Node's own warnings.
  for (const stream of ['stdout', 'stderr'] as const) {
    worker[stream].setEncoding('utf8').on('data', (chunk: string) => listener.output(stream, chunk));
  }
  worker.on('error', ({ name, message }: Error) => {
    const fault = { errorType: name, errorMessage: message };
    logFault('Uncaught Exception', fault);
    listener.retire((requestId) => failedWith(requestId, fault));
  });
  worker.on('exit', (code) => listener.retire((requestId) => exited(requestId, `exit status ${code}`)));
}

function messageOf(
  definition: FunctionDefinition,
  { event, qualifier, version = '1' }: InvocationInput,
  requestId: string,
  timeoutMs: number,
): InvocationMessage {
  return {
    event,
    requestId,
    functionName: definition.functionName,
    functionVersion: qualifier === undefined || qualifier === '$LATEST' ? '$LATEST' : version,
    invokedFunctionArn:
      qualifier === undefined ? definition.functionArn : `${definition.functionArn}:${qualifier}`,
    memoryMb: definition.memoryMb,
    timeoutMs,
  };
}
