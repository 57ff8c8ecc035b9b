import { readBounded, withinTimeLimit } from './bounded-http.ts';
import type { SignRequest } from './sign-request.ts';

export interface AwsJsonDeps {
  readonly endpoint: URL;
  /** Of AWS JSON, as the service's model says: DynamoDB speaks 1.0, KMS 1.1. */
  readonly jsonVersion: '1.0' | '1.1';
  readonly sign: SignRequest;
  readonly fetch: typeof fetch;
  readonly nowMs: () => number;
}

/**
 * Sends one operation, which must be safe to repeat, to a service that speaks AWS JSON. Throws `AwsCallError`, or the reason
 * of `signal`.
 */
export type AwsJsonCall = (target: string, input: object, signal: AbortSignal) => Promise<AwsJsonAnswer>;

export interface AwsJsonAnswer {
  readonly body: Readonly<Record<string, unknown>>;
  /** How far this process's clock is ahead of the service's; 0 where the two agree or nothing is known. */
  readonly clockAheadMs: number;
}

export class AwsCallError extends Error {
  override readonly name = 'AwsCallError';
  /** `unreachable`: no answer in time, or twice in a row an unusable one. */
  readonly kind: 'denied' | 'refused' | 'unreachable';

  constructor(kind: AwsCallError['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Short, because the client can still ask the vault over HTTPS. */
const TIMEOUT_MS = 1500;
/** The most that one BatchGetItem answers, in base64. */
const MAX_BODY_BYTES = 24 * 1024 * 1024;
/** The `Date` header has whole seconds, and the answer took some time. */
const CLOCK_NOISE_MS = 3000;

export function createAwsJsonCall(deps: AwsJsonDeps): AwsJsonCall {
  const { endpoint, jsonVersion, sign } = deps;
  return async (target, input, signal) => {
    const body = JSON.stringify(input);
    const unsigned = { 'content-type': `application/x-amz-json-${jsonVersion}`, 'x-amz-target': target };
    const headers = await sign({ method: 'POST', url: endpoint, headers: unsigned, body });
    try {
      return await withinTimeLimit(TIMEOUT_MS, signal, (limited) =>
        onceMoreAtOnce(() => send(deps, target, { headers, body, signal: limited }), limited),
      );
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof AwsCallError) throw cause;
      throw new AwsCallError('unreachable', `${target} did not answer usably.`, { cause });
    }
  };
}

/**
 * After a freeze a process's idle connections are dead, and the first request fails at once. The calls here only read, so they
 * may be repeated. Both attempts share one time limit.
 */
async function onceMoreAtOnce<Answer>(run: () => Promise<Answer>, limited: AbortSignal): Promise<Answer> {
  try {
    return await run();
  } catch (error) {
    if (limited.aborted || error instanceof AwsCallError) throw error;
    return run();
  }
}

async function send(
  { endpoint, fetch, nowMs }: AwsJsonDeps,
  target: string,
  request: { headers: Record<string, string>; body: string; signal: AbortSignal },
): Promise<AwsJsonAnswer> {
  const sentAtMs = nowMs();
  const response = await fetch(endpoint, { ...request, method: 'POST', redirect: 'manual' });
  const text = await readBounded(response, MAX_BODY_BYTES);
  if (!response.ok) throw refusal(target, response.status, text);
  return { body: parsed(text), clockAheadMs: clockAheadMs(response, sentAtMs) };
}

function refusal(target: string, status: number, text: string | undefined): AwsCallError {
  const kind = /AccessDenied/.test(String(parsed(text).__type)) ? 'denied' : 'refused';
  return new AwsCallError(kind, `${target} answered with status ${status}.`);
}

function parsed(text: string | undefined): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text === undefined || text === '' ? '{}' : text);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function clockAheadMs(response: Response, sentAtMs: number): number {
  const aheadMs = sentAtMs - Date.parse(response.headers.get('date') ?? '');
  return Number.isNaN(aheadMs) || Math.abs(aheadMs) < CLOCK_NOISE_MS ? 0 : aheadMs;
}
