import { randomUUID } from 'node:crypto';

/** What running a function once comes to. `functionError` is set when it threw, timed out or died. */
export interface InvocationResult {
  payload: string | Uint8Array;
  functionError?: 'Unhandled' | 'Handled';
  /** It did not run: there was no concurrency for it. */
  throttledBy?: 'reserved-zero' | 'account';
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
    condition: 'RetriesExhausted' | 'EventAgeExceeded' | 'ZeroReservedConcurrency';
    approximateInvokeCount: number;
  };
  requestPayload: unknown;
  responseContext: { statusCode: 200; executedVersion: '$LATEST'; functionError: string };
  responsePayload: unknown;
}

export interface AsyncInvocationsDeps {
  nowMs: () => number;
  /** Runs the function once; never rejects. */
  run: (ref: FunctionRef, payload: Uint8Array) => Promise<InvocationResult>;
  arnOf: (ref: FunctionRef) => string;
  config?: (ref: FunctionRef) => AsyncConfig;
  onFailure?: (ref: FunctionRef, record: FailureRecord) => void;
}

/** The members of `AWS::Lambda::EventInvokeConfig`. */
export interface AsyncConfig {
  maxRetryAttempts?: number;
  maxEventAgeSeconds?: number;
}

export interface AsyncInvocations {
  /** Starts the first attempt now; retries become due later. */
  enqueue(ref: FunctionRef, payload: Uint8Array): void;
  nextDueAtMs(): number | undefined;
  fireDue(nowMs: number): Promise<void>;
}

interface AsyncEvent extends FunctionRef {
  requestId: string;
  payload: Uint8Array;
  queuedAtMs: number;
  attempt: number;
  /** Number of times that Lambda had no concurrency for it. These do not count as attempts. */
  throttles: number;
  dueAtMs: number;
}

/** Lambda waits one minute before the first retry and two before the second. */
const RETRY_DELAYS_MS = [60_000, 120_000];
const DEFAULT_MAX_AGE_SECONDS = 21_600;
/** After a throttle it waits a second, then twice as long each time, up to five minutes. */
const FIRST_THROTTLE_DELAY_MS = 1_000;
const MAX_THROTTLE_DELAY_MS = 300_000;

/** @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
export function createAsyncInvocations(deps: AsyncInvocationsDeps): AsyncInvocations {
  let retries: AsyncEvent[] = [];

  const attempt = async (event: AsyncEvent): Promise<void> => {
    const result = await deps.run(event, event.payload);
    if (result.functionError === undefined && result.throttledBy === undefined) return;
    const next = nextTry(event, result, deps.nowMs(), deps.config?.(event) ?? {});
    if (typeof next === 'string') {
      deps.onFailure?.(event, failureRecord(event, deps.arnOf(event), result, deps.nowMs(), next));
    } else retries.push(next);
  };

  return {
    enqueue(ref, payload) {
      const queuedAtMs = deps.nowMs();
      const requestId = randomUUID();
      void attempt({ ...ref, requestId, payload, queuedAtMs, attempt: 1, throttles: 0, dueAtMs: queuedAtMs });
    },
    nextDueAtMs: () => (retries.length === 0 ? undefined : Math.min(...retries.map((r) => r.dueAtMs))),
    async fireDue(nowMs) {
      const due = retries.filter((r) => r.dueAtMs <= nowMs);
      retries = retries.filter((r) => r.dueAtMs > nowMs);
      await Promise.all(due.map(attempt));
    },
  };
}

type Condition = FailureRecord['requestContext']['condition'];

/** The event as it waits for its next try, or why there is none. */
function nextTry(
  event: AsyncEvent,
  { throttledBy }: InvocationResult,
  nowMs: number,
  { maxRetryAttempts = 2, maxEventAgeSeconds = DEFAULT_MAX_AGE_SECONDS }: AsyncConfig,
): AsyncEvent | Condition {
  if (throttledBy === 'reserved-zero') return 'ZeroReservedConcurrency';
  const throttled = throttledBy !== undefined;
  const delayMs = throttled
    ? Math.min(FIRST_THROTTLE_DELAY_MS * 2 ** event.throttles, MAX_THROTTLE_DELAY_MS)
    : RETRY_DELAYS_MS[event.attempt - 1];
  const dueAtMs = nowMs + (delayMs ?? 0);
  if (dueAtMs - event.queuedAtMs > maxEventAgeSeconds * 1000) return 'EventAgeExceeded';
  if (throttled) return { ...event, throttles: event.throttles + 1, dueAtMs };
  if (delayMs === undefined || event.attempt > maxRetryAttempts) return 'RetriesExhausted';
  return { ...event, attempt: event.attempt + 1, dueAtMs };
}

function failureRecord(
  event: AsyncEvent,
  functionArn: string,
  result: InvocationResult,
  nowMs: number,
  condition: Condition,
): FailureRecord {
  return {
    version: '1.0',
    timestamp: new Date(nowMs).toISOString(),
    requestContext: {
      requestId: event.requestId,
      functionArn: event.qualifier === undefined ? `${functionArn}:$LATEST` : functionArn,
      condition,
      approximateInvokeCount: condition === 'ZeroReservedConcurrency' ? 0 : event.attempt,
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
