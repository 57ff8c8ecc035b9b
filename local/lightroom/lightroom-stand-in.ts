import { createHash } from 'node:crypto';
import { type ImsAnswer, jsonAnswer } from '../ims/answer.ts';
import { createStandInServer } from '../ims/http-server.ts';
import type { ImsStandIn } from '../ims/ims-stand-in.ts';
import { bearerOf, type ImsRequest } from '../ims/request.ts';

/** A Lightroom-like API: enough to see whether a vended token works where it is meant to. */
export interface LightroomStandIn {
  start(): Promise<{ baseUrl: string }>;
  stop(): Promise<void>;
  baseUrl(): string;
  calls(): LightroomCalls;
  /** Refuses the next calls as if their tokens had expired, even valid ones. */
  refuseNext(count?: number): void;
}

export interface LightroomCalls {
  readonly total: number;
  readonly served: number;
  /** By status. */
  readonly refused: Readonly<Record<string, number>>;
  readonly servedByUser: Readonly<Record<string, number>>;
}

interface LightroomStandInOptions {
  readonly ims: Pick<ImsStandIn, 'inspectAccessToken' | 'currentProfile'>;
  readonly nowMs: () => number;
  readonly port?: number;
}

interface Caller {
  readonly user: string;
  readonly sub: string;
}

/** Lightroom puts this before its JSON so that a browser cannot run it as a script. */
const scriptGuard = 'while (1) {}\n';

function guarded(status: number, value: unknown): ImsAnswer {
  const answer = jsonAnswer(status, value);
  return { ...answer, body: scriptGuard + answer.body };
}

/** An expired access token is 403 with this code at Lightroom, not 401. */
function expiredToken(): ImsAnswer {
  return guarded(403, { code: 4300, description: 'Access is forbidden' });
}

function idFor(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function catalogOf(caller: Caller, baseUrl: string) {
  const id = idFor(`catalog of ${caller.sub}`);
  return {
    base: `${baseUrl}/v2/catalogs/${id}/`,
    id,
    type: 'catalog',
    subtype: 'lightroom',
    payload: { name: 'Lightroom Catalog' },
    links: { self: { href: `/v2/catalogs/${id}` }, '/rels/albums': { href: 'albums' } },
  };
}

function albumsOf(caller: Caller, baseUrl: string) {
  return {
    base: catalogOf(caller, baseUrl).base,
    resources: ['Summer', 'Portfolio'].map((name) => ({
      id: idFor(`${name} of ${caller.sub}`),
      type: 'album',
      subtype: 'collection',
      payload: { name },
    })),
    links: {},
  };
}

export function createLightroomStandIn({ ims, nowMs, port = 0 }: LightroomStandInOptions): LightroomStandIn {
  const refused: Record<string, number> = {};
  const servedByUser: Record<string, number> = {};
  let total = 0;
  let served = 0;
  let refusalsLeft = 0;

  /** The caller, or why the call is refused. Adobe's gateway checks the key and the token before Lightroom does. */
  const admit = (request: ImsRequest): Caller | ImsAnswer => {
    const token = bearerOf(request);
    if (token === undefined) {
      return jsonAnswer(401, { error_code: '401010', message: 'Oauth token is missing' });
    }
    if (request.apiKey !== ims.currentProfile().credential.clientId) {
      return jsonAnswer(403, { error_code: '403000', message: 'Api Key is invalid' });
    }
    if (refusalsLeft > 0) {
      refusalsLeft -= 1;
      return expiredToken();
    }
    const inspection = ims.inspectAccessToken(token);
    switch (inspection.standing) {
      case 'expired':
        return expiredToken();
      case 'unknown':
      case 'revoked':
        return jsonAnswer(401, { error_code: '401013', message: 'Oauth token is not valid' });
      case 'live':
        return { user: inspection.user, sub: inspection.sub };
    }
  };

  const serve = (request: ImsRequest, caller: Caller): ImsAnswer => {
    const catalog = catalogOf(caller, server.baseUrl());
    switch (`${request.method} ${request.path}`) {
      case 'GET /v2/catalog':
        return guarded(200, catalog);
      case `GET /v2/catalogs/${catalog.id}/albums`:
        return guarded(200, albumsOf(caller, server.baseUrl()));
      default:
        return guarded(404, { code: 1007, description: 'Resource not found' });
    }
  };

  const answer = (request: ImsRequest): ImsAnswer => {
    total += 1;
    const admitted = admit(request);
    const reply = 'status' in admitted ? admitted : serve(request, admitted);
    if (reply.status !== 200) refused[reply.status] = (refused[reply.status] ?? 0) + 1;
    else if ('user' in admitted) {
      served += 1;
      servedByUser[admitted.user] = (servedByUser[admitted.user] ?? 0) + 1;
    }
    return reply;
  };

  const server = createStandInServer({
    nowMs,
    port,
    route: () => async (request) => ({ answer: answer(request), cut: 'no', successorAnswer: 'delivered' }),
  });

  return {
    start: server.start,
    stop: server.stop,
    baseUrl: server.baseUrl,
    calls: () => ({ total, served, refused: { ...refused }, servedByUser: { ...servedByUser } }),
    refuseNext: (count = 1) => {
      refusalsLeft += count;
    },
  };
}
