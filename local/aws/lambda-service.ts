import type { AwsCall, AwsService } from './aws-call.ts';
import {
  type AsyncConfig,
  createAsyncInvocations,
  type FailureRecord,
  type FunctionRef,
  type InvocationResult,
} from './lambda-async-invocations.ts';
import {
  answerControl,
  type ControlRequest,
  controlRequest,
  type FunctionControl,
} from './lambda-control.ts';
import { AwsServiceError, restAnswer, restError } from './protocols.ts';

export interface LambdaServiceDeps {
  accountId: string;
  region: string;
  nowMs: () => number;
  /** A rejection counts as a function that failed. */
  invoke: (
    functionName: string,
    qualifier: string | undefined,
    payload: Uint8Array,
  ) => Promise<InvocationResult>;
  /** Whether there is such a function with such a qualifier. Default: every one. */
  exists?: (ref: FunctionRef) => boolean;
  asyncConfig?: (ref: FunctionRef) => AsyncConfig;
  /** What an operator sees of a function, and may change. */
  controlOf?: (functionName: string) => FunctionControl | undefined;
  /** What GetAccountSettings returns. */
  concurrency?: () => { limit: number; unreserved: number };
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

const MAX_SYNC_BYTES = 6 * 1024 * 1024;
const MAX_ASYNC_BYTES = 1024 * 1024;

/** @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export function createLambdaService(deps: LambdaServiceDeps): LambdaService {
  const arnPrefix = `arn:aws:lambda:${deps.region}:${deps.accountId}:function:`;
  const arnOf = ({ functionName, qualifier }: FunctionRef) =>
    `${arnPrefix}${functionName}${qualifier === undefined ? '' : `:${qualifier}`}`;
  let running = 0;

  const run = async (ref: FunctionRef, payload: Uint8Array): Promise<InvocationResult> => {
    running += 1;
    try {
      return await deps.invoke(ref.functionName, ref.qualifier, payload);
    } catch (error) {
      return failedBy(error);
    } finally {
      running -= 1;
    }
  };
  const events = createAsyncInvocations({
    nowMs: deps.nowMs,
    run,
    arnOf,
    ...(deps.asyncConfig && { config: deps.asyncConfig }),
    ...(deps.onFailure && { onFailure: deps.onFailure }),
  });
  const requireFunction = (ref: FunctionRef) => {
    if (deps.exists?.(ref) ?? true) return;
    throw new AwsServiceError('ResourceNotFoundException', `Function not found: ${arnOf(ref)}`);
  };

  const control = (request: ControlRequest, call: AwsCall) => {
    const { functionName, alias } = request;
    if (alias !== undefined) requireFunction({ functionName, qualifier: alias });
    const found = deps.controlOf?.(functionName);
    if (!found) {
      const arn = arnOf({ functionName, qualifier: undefined });
      throw new AwsServiceError('ResourceNotFoundException', `Function not found: ${arn}`);
    }
    return answerControl({ control: found, request, arnOf, body: call.json() as object });
  };

  const accountSettings = () => {
    const { limit = 1_000, unreserved = limit } = deps.concurrency?.() ?? {};
    return restAnswer({
      AccountLimit: { ConcurrentExecutions: limit, UnreservedConcurrentExecutions: unreserved },
    });
  };

  const invoke: AwsService['answer'] = async (call) => {
    if (call.operation === ACCOUNT_SETTINGS) return accountSettings();
    const request = controlRequest(call, nameOf);
    if (request) return control(request, call);
    const ref = invocationOf(call.path);
    if (!ref || call.operation !== 'Invoke')
      throw new AwsServiceError('UnknownOperationException', call.path);
    requireFunction(ref);
    const type = call.headers['x-amz-invocation-type'] ?? 'RequestResponse';
    requirePayload(call.body, type === 'Event' ? MAX_ASYNC_BYTES : MAX_SYNC_BYTES);
    if (type === 'DryRun') return { status: 204 };
    if (type === 'Event') {
      events.enqueue(ref, call.body);
      return { status: 202 };
    }
    const result = await run(ref, call.body);
    if (result.throttledBy !== undefined) {
      throw new AwsServiceError('TooManyRequestsException', 'Rate Exceeded.');
    }
    const error = result.functionError && { 'x-amz-function-error': result.functionError };
    return { status: 200, headers: { 'x-amz-executed-version': '$LATEST', ...error }, body: result.payload };
  };

  return {
    service: 'lambda',
    inFlight: () => running,
    invokeAsync(functionRef, payload) {
      const ref = parseFunctionRef(functionRef, null);
      requireFunction(ref);
      events.enqueue(ref, Buffer.from(payload));
    },
    nextDueAtMs: events.nextDueAtMs,
    fireDue: events.fireDue,
    operationOf(request) {
      if (isAboutAccount(request)) return ACCOUNT_SETTINGS;
      const found = controlRequest(request, nameOf);
      if (found) return found.operation;
      const isInvocation = request.method === 'POST' && invocationOf(request.path) !== undefined;
      return isInvocation ? 'Invoke' : 'UnknownOperation';
    },
    authorizations(call) {
      if (call.operation === ACCOUNT_SETTINGS) {
        return [{ action: `lambda:${call.operation}`, resource: '*', context: {} }];
      }
      const request = controlRequest(call, nameOf);
      if (request) {
        const resource = arnOf({ functionName: request.functionName, qualifier: undefined });
        return [{ action: `lambda:${call.operation}`, resource, context: {} }];
      }
      const ref = invocationOf(call.path);
      return ref ? [{ action: 'lambda:InvokeFunction', resource: arnOf(ref), context: {} }] : [];
    },
    answer: invoke,
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

/** @see https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html */
const ACCOUNT_SETTINGS = 'GetAccountSettings';

function isAboutAccount({ method, path }: { method: string; path: string }): boolean {
  return method === 'GET' && /^\/2016-08-19\/account-settings\/?(\?|$)/.test(path);
}

function nameOf(reference: string): string {
  return parseFunctionRef(reference, null).functionName;
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

function failedBy(error: unknown): InvocationResult {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { payload: JSON.stringify({ errorType: name, errorMessage: message }), functionError: 'Unhandled' };
}
