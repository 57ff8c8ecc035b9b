import type { AwsRequest, Caller } from '../aws/aws-call.ts';
import { type Authorizer, principalOf } from '../aws/iam/authorizer.ts';
import { type createSigV4Verifier, parseAuthorization } from '../aws/sigv4-verifier.ts';
import { patientTimeout, workingTime } from '../clock/working-time.ts';
import type { FunctionRuntime } from '../functions/function-runtime.ts';
import { isInvocationPermitted } from '../functions/lambda-permission.ts';
import type { AwsPlace } from '../stack/aws-place.ts';
import type { HttpApiDefinition, HttpRoute, Throttle } from '../template/load-http-api.ts';
import {
  type GatewayAnswer,
  type GatewayRequest,
  gatewayMessage,
  readFunctionAnswer,
  toGatewayEvent,
} from './gateway-payloads.ts';
import { matchRoute, type RouteMatch } from './match-route.ts';

export interface GatewayHandlerDeps {
  api: HttpApiDefinition;
  place: AwsPlace;
  authorizer: Authorizer;
  verifySignature: ReturnType<typeof createSigV4Verifier>;
  functionByArn(functionArn: string): FunctionRuntime | undefined;
}

/** What the access log may contain about a request besides the answer. */
export interface HandledRequest {
  answer: GatewayAnswer;
  routeKey?: string;
  caller?: Caller;
  integrationLatencyMs?: number;
  integrationError?: string;
}

function forbidden(): GatewayAnswer {
  return gatewayMessage(403, 'Forbidden');
}

function internalError(): GatewayAnswer {
  return gatewayMessage(500, 'Internal Server Error');
}

interface Integrated {
  answer: GatewayAnswer;
  error?: string;
}

async function withinLimit<T>(work: Promise<T>, limitMs: number): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = patientTimeout(() => resolve('late'), limitMs, workingTime());
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** From a request to its answer: route, throttle, authorise, invoke. */
export function createGatewayHandler(
  deps: GatewayHandlerDeps,
): (request: GatewayRequest) => Promise<HandledRequest> {
  const { api, place } = deps;
  const apiArn = `arn:${place.partition}:execute-api:${place.region}:${place.accountId}:${api.apiId}/${api.stageName}`;
  const buckets = new Map<string, TokenBucket>();

  const bucketOf = ({ routeKey, throttle }: HttpRoute): TokenBucket => {
    const known = buckets.get(routeKey);
    if (known) return known;
    // The stage's settings apply to every route separately.
    const created = createTokenBucket({ ...api.throttle, ...throttle });
    buckets.set(routeKey, created);
    return created;
  };

  /** The signer, if it may call the route. In every other case the caller learns only "Forbidden". */
  const authorize = async (request: GatewayRequest): Promise<Caller | undefined> => {
    const headers = Object.fromEntries(request.headers);
    const authorization = parseAuthorization(headers.authorization);
    if (authorization?.service !== 'execute-api' || authorization.region !== place.region) return undefined;
    const signed: AwsRequest = { method: request.method, path: request.target, headers, body: request.body };
    const verified = await deps.verifySignature(signed, authorization);
    if ('code' in verified) return undefined;
    const decision = deps.authorizer.decide(principalOf(verified.caller), {
      action: 'execute-api:Invoke',
      resource: `${apiArn}/${request.method}${request.path}`,
      context: {},
    });
    return decision === 'Allowed' ? verified.caller : undefined;
  };

  const integrate = async (
    request: GatewayRequest,
    match: RouteMatch,
    caller: Caller | undefined,
  ): Promise<Integrated> => {
    const { route } = match;
    const target = deps.functionByArn(route.functionArn);
    const resourceArn =
      route.qualifier === undefined ? route.functionArn : `${route.functionArn}:${route.qualifier}`;
    // `GET /a/{id}` asks as `…/GET/a/{id}`, `$default` as `…/$default`.
    const sourceArn = `${apiArn}/${route.routeKey.replace(' ', '')}`;
    const invocation = { service: 'apigateway.amazonaws.com', resourceArn, sourceArn };
    if (!target || !isInvocationPermitted(target.definition, invocation)) {
      return { answer: internalError(), error: `The API has no permission to invoke ${resourceArn}.` };
    }
    const event = toGatewayEvent({ api, accountId: place.accountId, request, match, caller });
    const result = await withinLimit(
      target.invoke({ event: JSON.stringify(event), qualifier: route.qualifier }),
      route.timeoutMs,
    );
    if (result === 'late')
      return { answer: gatewayMessage(503, 'Service Unavailable'), error: 'integration timeout' };
    if (result.outcome === 'throttled')
      return { answer: gatewayMessage(503, 'Service Unavailable'), error: 'TooManyRequestsException' };
    if (result.outcome === 'failed') return { answer: internalError(), error: result.errorType };
    const answer = readFunctionAnswer(result.payload);
    return answer
      ? { answer }
      : { answer: internalError(), error: 'The response of the function cannot be read.' };
  };

  return async (request) => {
    const match = matchRoute(api.routes, request.method, request.path);
    if (!match) return { answer: gatewayMessage(404, 'Not Found') };
    const { route } = match;
    const { routeKey } = route;
    if (!bucketOf(route)(performance.now()))
      return { routeKey, answer: gatewayMessage(429, 'Too Many Requests') };
    const caller = route.authorization === 'AWS_IAM' ? await authorize(request) : undefined;
    if (route.authorization === 'AWS_IAM' && !caller) return { routeKey, answer: forbidden() };
    const startedAtMs = performance.now();
    const { answer, error } = await integrate(request, match, caller);
    return {
      answer,
      routeKey,
      ...(caller ? { caller } : {}),
      integrationLatencyMs: performance.now() - startedAtMs,
      ...(error === undefined ? {} : { integrationError: error }),
    };
  };
}

/** API Gateway's own account limits, used where the template sets none. */
const ACCOUNT_RATE_LIMIT = 10_000;
const ACCOUNT_BURST_LIMIT = 5_000;

/** Whether one more request may pass. */
export type TokenBucket = (nowMs: number) => boolean;

/** `nowMs` is of a monotonic clock: rates are real, whatever the stack's calendar says. */
export function createTokenBucket({ rateLimit, burstLimit }: Throttle): TokenBucket {
  const rate = rateLimit ?? ACCOUNT_RATE_LIMIT;
  const burst = burstLimit ?? ACCOUNT_BURST_LIMIT;
  let tokens = burst;
  let filledAtMs: number | undefined;
  return (nowMs) => {
    tokens = Math.min(burst, tokens + ((nowMs - (filledAtMs ?? nowMs)) / 1000) * rate);
    filledAtMs = nowMs;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
