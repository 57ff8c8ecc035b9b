export interface InvocationInput {
  event: string;
  /** An alias or version; absent for the plain function name. */
  qualifier?: string | undefined;
  /** The version behind the qualifier. */
  version?: string;
}

/** What running a function once came to. A failed one carries Lambda's error document as its payload. */
export type InvocationResult =
  | { outcome: 'returned'; requestId: string; payload: string }
  | { outcome: 'failed'; requestId: string; payload: string; errorType: string }
  /** Lambda had no concurrency for it. With none reserved for the function at all, it will not try again. */
  | { outcome: 'throttled'; requestId: string; by: 'reserved-zero' | 'account' };

export function failedWith(
  requestId: string,
  fault: Omit<FunctionFault, 'trace'> & { trace?: string[] },
): InvocationResult {
  return {
    outcome: 'failed',
    requestId,
    payload: JSON.stringify(fault),
    errorType: fault.errorType,
  };
}

export function exited(requestId: string, detail: string): InvocationResult {
  return failedWith(requestId, {
    errorType: 'Runtime.ExitError',
    errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: ${detail}`,
  });
}

export function timedOut(requestId: string, limitMs: number): InvocationResult {
  return failedWith(requestId, {
    errorType: 'Sandbox.Timedout',
    errorMessage: timeoutMessage(requestId, limitMs),
  });
}

export function timeoutMessage(requestId: string, limitMs: number): string {
  return `RequestId: ${requestId} Error: Task timed out after ${(limitMs / 1000).toFixed(2)} seconds`;
}

/** What a function's worker receives when it starts. */
export interface FunctionHostData {
  modulePath: string;
  handlerExport: string;
  clockCells: SharedArrayBuffer;
  workingTimeCells: SharedArrayBuffer;
}

/** Host to worker: run the handler once. */
export interface InvocationMessage {
  event: string;
  requestId: string;
  functionName: string;
  functionVersion: string;
  invokedFunctionArn: string;
  memoryMb: number;
  timeoutMs: number;
}

export interface FunctionFault {
  errorType: string;
  errorMessage: string;
  trace: string[];
}

/** Worker to host. Log chunks travel on the same port as results, so a result never overtakes its log lines. */
export type HostMessage =
  | { kind: 'ready' }
  | { kind: 'log'; stream: 'stdout' | 'stderr'; chunk: string }
  | { kind: 'returned'; requestId: string; payload: string }
  | { kind: 'failed'; requestId: string; fault: FunctionFault }
  /** The module could not be loaded. */
  | { kind: 'unusable'; fault: FunctionFault };
