import { randomUUID } from 'node:crypto';
import type { DeadLetterQueue } from '../aws/dead-letter-queue.ts';
import type { Authorizer } from '../aws/iam/authorizer.ts';
import type { PoolResult } from './function-runtime.ts';
import type { FailureDestination, FunctionDefinition } from './load-functions.ts';

export interface AsyncTarget {
  readonly definition: FunctionDefinition;
  invoke(input: { event: string; qualifier?: string | undefined; requestId?: string }): Promise<PoolResult>;
}

export interface AsyncInvocation {
  target: AsyncTarget;
  event: string;
  qualifier?: string | undefined;
}

/** Lambda's queue for asynchronous invocations: retries, and a destination for what keeps failing. */
export interface AsyncInvocations {
  submit(invocation: AsyncInvocation): void;
  /** When the next retry is due, on the stack's clock. */
  nextDueAtMs(): number | undefined;
  fireDue(nowMs: number): void;
}

export interface AsyncInvocationsDeps {
  nowMs(): number;
  authorizer: Authorizer;
  roleNameOf(roleArn: string): string;
  queueByArn(arn: string): DeadLetterQueue | undefined;
  onProblem(sentence: string): void;
}

interface Queued extends AsyncInvocation {
  requestId: string;
  submittedAtMs: number;
  attempts: number;
  throttles: number;
  dueAtMs: number;
}

// Lambda waits one minute before the first retry and two before the second; throttled events back off from a second.
const RETRY_DELAYS_MS = [60_000, 120_000];
const THROTTLE_DELAY_MS = 1_000;
const MAX_THROTTLE_DELAY_MS = 300_000;
const defaultSettings: FailureDestination = { maximumRetryAttempts: 2, maximumEventAgeSeconds: 21_600 };

const settingsOf = ({ target, qualifier }: AsyncInvocation): FailureDestination =>
  target.definition.asyncSettings.get(qualifier ?? '$LATEST') ?? defaultSettings;

const isTooOld = (item: Queued, atMs: number): boolean =>
  atMs - item.submittedAtMs > settingsOf(item).maximumEventAgeSeconds * 1000;

/** @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html */
export const createAsyncInvocations = (deps: AsyncInvocationsDeps): AsyncInvocations => {
  const waiting = new Set<Queued>();

  const giveUp = (
    item: Queued,
    condition: 'RetriesExhausted' | 'EventAgeExceeded',
    payload: string,
  ): void => {
    const { onFailureArn } = settingsOf(item);
    const { definition } = item.target;
    if (onFailureArn === undefined) return;
    const roleName = deps.roleNameOf(definition.roleArn);
    const request = { action: 'sqs:SendMessage', resource: onFailureArn, context: {} };
    if (deps.authorizer.decide({ roleName }, request) !== 'Allowed') {
      deps.onProblem(
        `${definition.functionName} may not send its failed event to ${onFailureArn}; the event is lost.`,
      );
      return;
    }
    deps.queueByArn(onFailureArn)?.send(failureRecord(item, condition, payload, deps.nowMs()), {});
  };

  const retryAt = (item: Queued, dueAtMs: number): void => {
    waiting.add({ ...item, dueAtMs });
  };

  const run = async (item: Queued): Promise<void> => {
    const { event, qualifier, requestId } = item;
    const result = await item.target.invoke({ event, qualifier, requestId });
    const nowMs = deps.nowMs();
    if (result.outcome === 'returned') return;
    if (result.outcome === 'throttled') {
      const throttles = item.throttles + 1;
      const delayMs = Math.min(THROTTLE_DELAY_MS * 2 ** item.throttles, MAX_THROTTLE_DELAY_MS);
      if (isTooOld(item, nowMs + delayMs)) giveUp(item, 'EventAgeExceeded', 'null');
      else retryAt({ ...item, throttles }, nowMs + delayMs);
      return;
    }
    const attempts = item.attempts + 1;
    const delayMs = RETRY_DELAYS_MS[attempts - 1] ?? 0;
    if (attempts > settingsOf(item).maximumRetryAttempts)
      giveUp({ ...item, attempts }, 'RetriesExhausted', result.payload);
    else if (isTooOld(item, nowMs + delayMs))
      giveUp({ ...item, attempts }, 'EventAgeExceeded', result.payload);
    else retryAt({ ...item, attempts }, nowMs + delayMs);
  };

  const start = (item: Queued): void => {
    run(item).catch((error: unknown) => deps.onProblem(String(error)));
  };

  return {
    submit: (invocation) => {
      const nowMs = deps.nowMs();
      start({
        ...invocation,
        requestId: randomUUID(),
        submittedAtMs: nowMs,
        attempts: 0,
        throttles: 0,
        dueAtMs: nowMs,
      });
    },
    nextDueAtMs: () => {
      const times = [...waiting].map(({ dueAtMs }) => dueAtMs);
      return times.length === 0 ? undefined : Math.min(...times);
    },
    fireDue: (nowMs) => {
      for (const item of [...waiting].filter(({ dueAtMs }) => dueAtMs <= nowMs)) {
        waiting.delete(item);
        start(item);
      }
    },
  };
};

const failureRecord = (item: Queued, condition: string, payload: string, nowMs: number): string => {
  const { definition } = item.target;
  return JSON.stringify({
    version: '1.0',
    timestamp: new Date(nowMs).toISOString(),
    requestContext: {
      requestId: item.requestId,
      functionArn: `${definition.functionArn}:${item.qualifier ?? '$LATEST'}`,
      condition,
      approximateInvokeCount: item.attempts,
    },
    requestPayload: JSON.parse(item.event),
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: JSON.parse(payload),
  });
};
