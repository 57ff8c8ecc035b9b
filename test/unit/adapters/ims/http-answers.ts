import type { HttpAnswer } from '../../../../functions/adapters/ims/http-answer.ts';

interface AnswerParts {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** An object is sent as JSON. */
  readonly body?: unknown;
  readonly complete?: boolean;
}

export function httpAnswer({
  status = 200,
  headers = {},
  body = '',
  complete = true,
}: AnswerParts): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    status,
    headers: new Headers({ 'content-type': 'application/json', ...headers }),
    body: Buffer.from(text, 'utf8'),
    complete,
  };
}

/** A token as IMS makes them: three parts, claims in the second, `x5u` a bare file name. */
export function imsToken(claims: Record<string, unknown>): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = { alg: 'RS256', kid: 'ims_na1-key-at-1', x5u: 'ims_na1-key-at-1.cer' };
  return `${part(header)}.${part(claims)}.c2lnbmF0dXJl`;
}
