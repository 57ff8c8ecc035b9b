import type { IncomingMessage } from 'node:http';
import { errorAnswer, type ImsAnswer } from './answer.ts';
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

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > largestRequestBytes) throw new RequestTooLargeError('The request body is over 1 MB');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** Adobe's own clients send multipart bodies to some token endpoints, so both form encodings are read. */
async function parseForm(body: Buffer, contentType: string): Promise<URLSearchParams> {
  if (!contentType.startsWith('multipart/form-data')) return new URLSearchParams(body.toString('utf8'));
  const parsed = await new Response(new Uint8Array(body), {
    headers: { 'content-type': contentType },
  }).formData();
  const form = new URLSearchParams();
  for (const [name, value] of parsed) {
    if (typeof value === 'string') form.append(name, value);
  }
  return form;
}

export async function readRequest(incoming: IncomingMessage, abandoned: AbortSignal): Promise<ImsRequest> {
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
}

export type ParameterReader = (name: string) => string | undefined;

/** Reads parameters as the back-channel endpoints do: from the body, and from the query unless that is switched off. */
export function parametersOf(request: ImsRequest, profile: ImsProfile): ParameterReader {
  const { parameters, multipart } = profile.clientAuthentication;
  const bodyIsRead = multipart === 'accepted' || !request.contentType.startsWith('multipart/');
  return (name) => {
    const inBody = bodyIsRead ? request.form.get(name) : null;
    if (inBody !== null) return inBody;
    return parameters === 'body-or-query' ? (request.query.get(name) ?? undefined) : undefined;
  };
}

export function bearerOf(request: ImsRequest): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.authorization ?? '')?.[1];
}

interface ClientCredentials {
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
}

/** Adobe documents plain concatenation: neither part is form-decoded. */
function basicCredentials(authorization: string | undefined): ClientCredentials | undefined {
  const encoded = /^Basic +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [clientId, ...secretParts] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return { clientId, clientSecret: secretParts.join(':') };
}

/** The refusal, or `undefined` when the client has authenticated. */
export function refuseClient(
  request: ImsRequest,
  parameter: ParameterReader,
  profile: ImsProfile,
): ImsAnswer | undefined {
  const { credential, clientAuthentication } = profile;
  const refuse = (description: string): ImsAnswer =>
    errorAnswer(clientAuthentication.refusalStatus, 'invalid_client', description);

  const basic = basicCredentials(request.authorization);
  const body = { clientId: parameter('client_id'), clientSecret: parameter('client_secret') };
  const presented: ClientCredentials[] = [];
  if (basic !== undefined) presented.push(basic);
  if (basic === undefined || body.clientSecret !== undefined) presented.push(body);

  if (presented.some(({ clientId }) => clientId !== credential.clientId)) {
    return refuse('invalid client_id parameter');
  }
  if (credential.type !== 'web-app') return undefined;

  const isKnown = ({ clientSecret }: ClientCredentials): boolean =>
    clientSecret !== undefined && credential.clientSecrets.includes(clientSecret);
  if (!presented.every(isKnown)) return refuse('invalid client_secret parameter');

  const used = presented.map((each) => (each === basic ? 'basic' : 'body'));
  const isAccepted = used.every((method) => clientAuthentication.accepted.includes(method));
  return isAccepted ? undefined : refuse('client authentication method not allowed');
}
