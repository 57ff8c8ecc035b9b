/** What a function's worker is told when it starts. */
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
