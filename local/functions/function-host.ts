import { pathToFileURL } from 'node:url';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { installPatientDeadlines } from '../clock/install-patient-deadlines.ts';
import { installScaledSleeps } from '../clock/install-scaled-sleeps.ts';
import { installVirtualDate } from '../clock/install-virtual-date.ts';
import { readClockCells } from '../clock/virtual-clock.ts';
import { readWorkingTime } from '../clock/working-time.ts';
import type { FunctionFault, FunctionHostData, HostMessage, InvocationMessage } from './invocation.ts';

type Handler = (event: unknown, context: object) => unknown;

/** Runs inside a worker, in place of Lambda's Node.js runtime. */
async function startFunctionHost(port: MessagePort, data: FunctionHostData): Promise<void> {
  const send = (message: HostMessage): void => port.postMessage(message);
  const clock = readClockCells(data.clockCells);
  installVirtualDate(clock.offsetMs);
  installScaledSleeps(clock.sleepScale);
  installPatientDeadlines(readWorkingTime(data.workingTimeCells));
  forwardOutput('stdout', send);
  forwardOutput('stderr', send);

  const handler = await importHandler(data);
  port.on('message', (message: InvocationMessage) => {
    void runOnce(handler, message).then(send);
  });
  send({ kind: 'ready' });
}

function forwardOutput(stream: 'stdout' | 'stderr', send: (message: HostMessage) => void): void {
  const write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    send({
      kind: 'log',
      stream,
      chunk: typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'),
    });
    const done = rest.find((argument) => typeof argument === 'function');
    if (done) queueMicrotask(done as () => void);
    return true;
  };
  Object.assign(process[stream], { write });
}

async function importHandler(data: FunctionHostData): Promise<Handler> {
  const module: Record<string, unknown> = await import(pathToFileURL(data.modulePath).href);
  const handler = module[data.handlerExport];
  if (typeof handler === 'function') return handler as Handler;
  throw Object.assign(new Error(`index.${data.handlerExport} is undefined or not exported`), {
    name: 'Runtime.HandlerNotFound',
  });
}

async function runOnce(handler: Handler, message: InvocationMessage): Promise<HostMessage> {
  const { requestId } = message;
  try {
    const answer = await handler(JSON.parse(message.event), contextOf(message));
    return { kind: 'returned', requestId, payload: JSON.stringify(answer) ?? 'null' };
  } catch (error) {
    return { kind: 'failed', requestId, fault: faultOf(error) };
  }
}

function contextOf(message: InvocationMessage): object {
  const endsAtMs = performance.now() + message.timeoutMs;
  return {
    awsRequestId: message.requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: message.functionName,
    functionVersion: message.functionVersion,
    invokedFunctionArn: message.invokedFunctionArn,
    memoryLimitInMB: String(message.memoryMb),
    logGroupName: `/aws/lambda/${message.functionName}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(endsAtMs - performance.now())),
  };
}

function faultOf(error: unknown): FunctionFault {
  return error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };
}

if (parentPort) {
  const port = parentPort;
  startFunctionHost(port, workerData as FunctionHostData).catch((error: unknown) => {
    port.postMessage({ kind: 'unusable', fault: faultOf(error) } satisfies HostMessage);
  });
}
