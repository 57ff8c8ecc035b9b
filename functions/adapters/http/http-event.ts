import { isConnectionId } from '../../core/connection/connection-id.ts';

/** The part of an API Gateway HTTP API event (payload format 2.0) that the functions read. */
export interface HttpEvent {
  /** `GET /access-tokens/{connectionId}` */
  readonly routeKey: string;
  readonly rawQueryString?: string;
  /** Names are lower-case. Repeated headers are joined by commas. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** `name=value`, one entry per cookie. */
  readonly cookies?: readonly string[];
  readonly pathParameters?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

export interface HttpResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** One `Set-Cookie` each. */
  readonly cookies?: readonly string[];
  readonly body: string;
}

/** The part of the Lambda context that the functions read. */
export interface HttpContext {
  readonly functionName?: string;
  /** A number, or `$LATEST`. */
  readonly functionVersion?: string;
  getRemainingTimeInMillis(): number;
}

export type HttpHandler = (event: HttpEvent, context: HttpContext) => Promise<HttpResult>;

/** Parsed from the raw query: payload 2.0 joins repeated parameters with commas, which would hide the repetition. */
export function queryParameters(event: HttpEvent): URLSearchParams {
  return new URLSearchParams(event.rawQueryString ?? '');
}

/** The first of `names` that occurs more than once. */
export function repeatedParameter(parameters: URLSearchParams, names: readonly string[]): string | undefined {
  return names.find((name) => parameters.getAll(name).length > 1);
}

/**
 * The connection id of a route. It is taken only from the path, because the path is what IAM has authorized. Absent when it is
 * not a connection id.
 */
export function pathConnectionId(event: HttpEvent): string | undefined {
  const value = event.pathParameters?.connectionId;
  return isConnectionId(value) ? value : undefined;
}
