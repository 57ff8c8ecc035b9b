import { randomUUID } from 'node:crypto';
import type { AwsService } from './aws-call.ts';
import { AwsServiceError, restError } from './protocols.ts';

/** What running a function once comes to. `functionError` is set when it threw, timed out or died. */
export interface InvocationResult {
  payload: string | Uint8Array;
  functionError?: 'Unhandled' | 'Handled';
}

export interface FunctionRef {
  functionName: string;
  /** An alias or version. */
  qualifier: string | undefined;
}

/** The record Lambda writes to an on-failure destination. */
export interface FailureRecord {
  version: '1.0';
  timestamp: string;
  requestContext: {
    requestId: string;
    functionArn: string;
    condition: 'RetriesExhausted' | 'EventAgeExceeded';
    approximateInvokeCount: number;
  };
  requestPayload: unknown;
  responseContext: { statusCode: 200; executedVersion: '$LATEST'; functionError: string };
  responsePayload: unknown;
}

export interface LambdaServiceDeps {
  accountId: string;
  region: string;
  nowMs: () => number;
  /** Rejects only when there is no such function. */
  invoke: (
    functionName: string,
    qualifier: string | undefined,
    payload: Uint8Array,
  ) => Promise<InvocationResult>;
  /** Whether there is such a function with such a qualifier. Default: every one. */
  exists?: (ref: FunctionRef) => boolean;
  asyncConfig?: (ref: FunctionRef) => { maxRetryAttempts?: number; maxEventAgeSeconds?: number };
  /** The on-failure destination of an asynchronous invocation that used up its retries. */
  onFailure?: (ref: FunctionRef, record: FailureRecord) => void;
}

export interface LambdaService extends AwsService {
  /** Queues an asynchronous invocation, as Scheduler, EventBridge and InvocationType Event do. By name or ARN. */
  invokeAsync(functionRef: string, payload: string | Uint8Array): void;
  /** Invocations running now, asynchronous ones included. Waiting retries are not in flight but due. */
  inFlight(): number;
  nextDueAtMs(): number | undefined;
  fireDue(nowMs: number): Promise<void>;
}

interface AsyncEvent extends FunctionRef {
  requestId: string;
  payload: Uint8Array;
  queuedAtMs: number;
  attempt: number;
  dueAtMs: number;
}

/** Lambda waits one minute before the first retry and two before the second. */
const RETRY_DELAYS_MS = [60_000, 120_000];
const DEFAULT_MAX_AGE_SECONDS = 21_600;
const MAX_SYNC_BYTES = 6 * 1024 * 1024;
const MAX_ASYNC_BYTES = 1024 * 1024;

/** @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export function createLambdaService(deps: LambdaServiceDeps): LambdaService {
  const arnPrefix = `arn:aws:lambda:${deps.region}:${deps.accountId}:function:`;
  const arnOf = ({ functionName, qualifier }: FunctionRef) =>
    `${arnPrefix}${functionName}${qualifier === undefined ? '' : `:${qualifier}`}`;
  let retries: AsyncEvent[] = [];
  let running = 0;

  const run = async (ref: FunctionRef, payload: Uint8Array): Promise<InvocationResult> => {
    running += 1;
    try {
      return await deps.invoke(ref.functionName, ref.qualifier, payload);
    } finally {
      running -= 1;
    }
  };

  const attempt = async (event: AsyncEvent): Promise<void> => {
    const result = await run(event, event.payload).catch(faultOf);
    if (result.functionError === undefined) return;
    const { maxRetryAttempts = 2, maxEventAgeSeconds = DEFAULT_MAX_AGE_SECONDS } =
      deps.asyncConfig?.(event) ?? {};
    const delayMs = RETRY_DELAYS_MS[event.attempt - 1];
    const dueAtMs = deps.nowMs() + (delayMs ?? 0);
    const tooOld = dueAtMs - event.queuedAtMs > maxEventAgeSeconds * 1000;
    if (delayMs !== undefined && event.attempt <= maxRetryAttempts && !tooOld) {
      retries.push({ ...event, attempt: event.attempt + 1, dueAtMs });
      return;
    }
    deps.onFailure?.(event, failureRecord(event, arnOf(event), result, deps.nowMs(), tooOld));
  };

  const requireFunction = (ref: FunctionRef) => {
    if (deps.exists?.(ref) ?? true) return;
    throw new AwsServiceError('ResourceNotFoundException', `Function not found: ${arnOf(ref)}`);
  };

  const enqueue = (ref: FunctionRef, payload: Uint8Array) => {
    const queuedAtMs = deps.nowMs();
    const event = { ...ref, requestId: randomUUID(), payload, queuedAtMs, attempt: 1, dueAtMs: queuedAtMs };
    void attempt(event);
  };

  return {
    service: 'lambda',
    inFlight: () => running,
    invokeAsync(functionRef, payload) {
      const ref = parseFunctionRef(functionRef, null);
      requireFunction(ref);
      enqueue(ref, Buffer.from(payload));
    },
    nextDueAtMs: () => (retries.length === 0 ? undefined : Math.min(...retries.map((r) => r.dueAtMs))),
    async fireDue(nowMs) {
      const due = retries.filter((r) => r.dueAtMs <= nowMs);
      retries = retries.filter((r) => r.dueAtMs > nowMs);
      await Promise.all(due.map(attempt));
    },
    operationOf: ({ method, path }) =>
      method === 'POST' && invocationOf(path) !== undefined ? 'Invoke' : 'UnknownOperation',
    authorizations(call) {
      const ref = invocationOf(call.path);
      return ref ? [{ action: 'lambda:InvokeFunction', resource: arnOf(ref), context: {} }] : [];
    },
    async answer(call) {
      const ref = invocationOf(call.path);
      if (!ref || call.operation !== 'Invoke')
        throw new AwsServiceError('UnknownOperationException', call.path);
      requireFunction(ref);
      const type = call.headers['x-amz-invocation-type'] ?? 'RequestResponse';
      requirePayload(call.body, type === 'Event' ? MAX_ASYNC_BYTES : MAX_SYNC_BYTES);
      if (type === 'DryRun') return { status: 204 };
      if (type === 'Event') {
        enqueue(ref, call.body);
        return { status: 202 };
      }
      const result = await run(ref, call.body).catch(faultOf);
      const error = result.functionError && { 'x-amz-function-error': result.functionError };
      return {
        status: 200,
        headers: { 'x-amz-executed-version': '$LATEST', ...error },
        body: result.payload,
      };
    },
    error: restError,
  };
}

/** A name, a partial or whole ARN, each with or without a qualifier. */
function parseFunctionRef(text: string, queryQualifier: string | null): FunctionRef {
  const [functionName = '', qualifier] = text
    .replace(/^(arn:aws:lambda:[^:]*:)?(\d*:)?function:/, '')
    .split(':');
  return { functionName, qualifier: queryQualifier ?? qualifier };
}

function invocationOf(path: string): FunctionRef | undefined {
  const { pathname, searchParams } = new URL(path, 'http://lambda');
  const [, name] = pathname.match(/^\/2015-03-31\/functions\/([^/]+)\/invocations$/) ?? [];
  return name === undefined
    ? undefined
    : parseFunctionRef(decodeURIComponent(name), searchParams.get('Qualifier'));
}

function requirePayload(body: Uint8Array, maxBytes: number): void {
  if (body.length > maxBytes)
    throw new AwsServiceError('RequestTooLargeException', `expected at most ${maxBytes} bytes`);
  if (body.length === 0) return;
  try {
    JSON.parse(Buffer.from(body).toString());
  } catch {
    throw new AwsServiceError('InvalidRequestContentException', 'Could not parse request body into json.');
  }
}

function faultOf(error: unknown): InvocationResult {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { payload: JSON.stringify({ errorType: name, errorMessage: message }), functionError: 'Unhandled' };
}

function failureRecord(
  event: AsyncEvent,
  functionArn: string,
  result: InvocationResult,
  nowMs: number,
  tooOld: boolean,
): FailureRecord {
  return {
    version: '1.0',
    timestamp: new Date(nowMs).toISOString(),
    requestContext: {
      requestId: event.requestId,
      functionArn: event.qualifier === undefined ? `${functionArn}:$LATEST` : functionArn,
      condition: tooOld ? 'EventAgeExceeded' : 'RetriesExhausted',
      approximateInvokeCount: event.attempt,
    },
    requestPayload: parsed(event.payload),
    responseContext: {
      statusCode: 200,
      executedVersion: '$LATEST',
      functionError: result.functionError ?? 'Unhandled',
    },
    responsePayload: parsed(result.payload),
  };
}

function parsed(payload: string | Uint8Array): unknown {
  const text = Buffer.from(payload).toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
