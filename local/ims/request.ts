import type { IncomingMessage } from 'node:http';
import type { ImsProfile } from './profile.ts';

export interface ImsRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  readonly contentType: string;
  readonly authorization: string | undefined;
  readonly cookie: string;
  readonly apiKey: string | undefined;
  /** Aborts when the client hangs up, answered or not. */
  readonly abandoned: AbortSignal;
}

class RequestTooLargeError extends Error {
  override readonly name = 'RequestTooLargeError';
}

const largestRequestBytes = 1_048_576;

const readBody = async (incoming: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > largestRequestBytes) throw new RequestTooLargeError('The request body is over 1 MB');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
};

/** Adobe's own clients send multipart bodies to some token endpoints, so both form encodings are read. */
const parseForm = async (body: Buffer, contentType: string): Promise<URLSearchParams> => {
  if (!contentType.startsWith('multipart/form-data')) return new URLSearchParams(body.toString('utf8'));
  const parsed = await new Response(new Uint8Array(body), {
    headers: { 'content-type': contentType },
  }).formData();
  const form = new URLSearchParams();
  for (const [name, value] of parsed) {
    if (typeof value === 'string') form.append(name, value);
  }
  return form;
};

export const readRequest = async (incoming: IncomingMessage, abandoned: AbortSignal): Promise<ImsRequest> => {
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  const contentType = incoming.headers['content-type'] ?? '';
  const body = await readBody(incoming);
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    form: await parseForm(body, contentType).catch(() => new URLSearchParams()),
    contentType,
    authorization: incoming.headers.authorization,
    cookie: incoming.headers.cookie ?? '',
    apiKey: incoming.headers['x-api-key']?.toString(),
    abandoned,
  };
};

export type ParameterReader = (name: string) => string | undefined;

/** Reads parameters as the back-channel endpoints do: from the body, and from the query unless that is switched off. */
export const parametersOf = (request: ImsRequest, profile: ImsProfile): ParameterReader => {
  const { parameters, multipart } = profile.clientAuthentication;
  const bodyIsRead = multipart === 'accepted' || !request.contentType.startsWith('multipart/');
  return (name) => {
    const inBody = bodyIsRead ? request.form.get(name) : null;
    if (inBody !== null) return inBody;
    return parameters === 'body-or-query' ? (request.query.get(name) ?? undefined) : undefined;
  };
};

export const bearerOf = (request: ImsRequest): string | undefined =>
  /^Bearer +(\S+)$/i.exec(request.authorization ?? '')?.[1];
