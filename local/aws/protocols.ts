import type { AwsAnswer } from './aws-call.ts';

/** A refusal that a service answers with; the endpoint gives it the shape of the service's protocol. */
export class AwsServiceError extends Error {
  override readonly name = 'AwsServiceError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** AWS JSON 1.x: the error's name is in the body and nearly every status is 400. */
export function jsonError(code: string, message: string): AwsAnswer {
  const status = code === 'InternalServerError' || code === 'InternalServiceError' ? 500 : 400;
  return jsonAnswer({ __type: code, message }, status);
}

export function jsonAnswer(value: unknown, status = 200): AwsAnswer {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify(value),
  };
}

const restStatuses: Record<string, number> = {
  AccessDeniedException: 403,
  UnrecognizedClientException: 403,
  InvalidSignatureException: 403,
  MissingAuthenticationTokenException: 403,
  ResourceNotFoundException: 404,
  ConflictException: 409,
  ResourceConflictException: 409,
  RequestTooLargeException: 413,
  TooManyRequestsException: 429,
  ThrottlingException: 429,
  ServiceQuotaExceededException: 402,
  InternalServerException: 500,
  ServiceException: 500,
};

/** REST-JSON: the error's name is in a header and the status says its kind. */
export function restError(code: string, message: string): AwsAnswer {
  return {
    status: restStatuses[code] ?? 400,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
    body: JSON.stringify({ Message: message }),
  };
}

export function restAnswer(value: unknown, status = 200): AwsAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** How a service that speaks AWS JSON is addressed, as its model says. */
export interface JsonProtocol {
  readonly targetPrefix: string;
  readonly version: '1.0' | '1.1';
}

/** The operation in `X-Amz-Target: Prefix.Operation`; empty, which no service knows, for another service or version. */
export function targetOperation(
  headers: Readonly<Record<string, string>>,
  { targetPrefix, version }: JsonProtocol,
): string {
  const [prefix, operation = ''] = (headers['x-amz-target'] ?? '').split('.', 2);
  const isOurs = prefix === targetPrefix && headers['content-type'] === `application/x-amz-json-${version}`;
  return isOurs ? operation : '';
}
