import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLIENTS_HANG_UP } from '../http/clients-hang-up.ts';
import type { AuthorizationRequest, AwsAnswer, AwsCall, AwsRequest, AwsService, Caller } from './aws-call.ts';
import { createFaults, type Fault, type Faults } from './faults.ts';
import { type Authorizer, createAuthorizer, type Decision, principalOf } from './iam/authorizer.ts';
import type { IamDirectory } from './iam-directory.ts';
import { AwsServiceError, jsonError } from './protocols.ts';
import { createSigV4Verifier, parseAuthorization } from './sigv4-verifier.ts';

export interface AuthorizationOutcome {
  caller: Caller;
  request: AuthorizationRequest;
  decision: Decision;
}

/** One finished call; nothing of its body. `status` is 0 when the connection was cut. */
export interface CallSummary {
  service: string;
  operation: string;
  roleName: string;
  status: number;
  durationMs: number;
}

/** One moment in the life of a call that came from a known caller. */
export interface CallMoment {
  /**
   * `done`: the stand-in has acted. `answered`: the last byte was handed to the network. `unanswered`: the caller had hung
   * up.
   */
  moment: 'arrived' | 'done' | 'answered' | 'unanswered';
  call: AwsCall;
  /** From `done` on; 0 when the connection is cut instead of answering. */
  status?: number;
  /** Real milliseconds of the endpoint's own monotonic clock. */
  atMonotonicMs: number;
}

export interface AwsEndpointDeps {
  directory: IamDirectory;
  services: AwsService[];
  nowMs: () => number;
  /** Shared when others authorise too, such as the scheduler for its deliveries. */
  authorizer?: Authorizer;
  onAuthorized?: (outcome: AuthorizationOutcome) => void;
  onDenied?: (outcome: AuthorizationOutcome) => void;
  onCall?: (call: CallSummary) => void;
  /** A mistake in a stand-in itself. The caller gets a 500. */
  onInternalError?: (error: unknown, call: AwsCall) => void;
}

export interface AwsEndpoint {
  start(): Promise<{ url: string; port: number }>;
  stop(): Promise<void>;
  faults: Faults;
  authorizer: Authorizer;
  /** Calls that have arrived and are not answered yet. */
  inFlight(): number;
  /** Calls the watcher at each stage of every call. Returns a function that stops this. */
  watchCalls(watcher: (moment: CallMoment) => void): () => void;
}

/** One loopback server for every AWS service; the credential scope of the signature says which one is meant. */
export function createAwsEndpoint(deps: AwsEndpointDeps): AwsEndpoint {
  const { nowMs } = deps;
  const faults = createFaults();
  const authorizer = deps.authorizer ?? createAuthorizer(deps.directory);
  const watchers = new Set<(moment: CallMoment) => void>();
  const tell: Tell = (moment, call, status) => {
    const watched = {
      moment,
      call,
      atMonotonicMs: performance.now(),
      ...(status !== undefined && { status }),
    };
    for (const watcher of watchers) watcher(watched);
  };
  const answer = createAnswerer(deps, createPerformer(deps, authorizer, faults.take, tell), tell);
  let inFlight = 0;

  const server = createServer(CLIENTS_HANG_UP, (req, res) => {
    inFlight += 1;
    const closed = new Promise<void>((resolve) => res.once('close', resolve));
    void closed.then(() => {
      inFlight -= 1;
    });
    readRequest(req)
      .then(answer)
      .then(async ({ reply, settled }) => {
        if (reply === undefined) req.socket.destroy();
        else send(res, reply, nowMs());
        await closed;
        settled?.(res.writableFinished ? 'answered' : 'unanswered');
      })
      .catch(() => req.socket.destroy());
  });

  return {
    faults,
    authorizer,
    inFlight: () => inFlight,
    watchCalls(watcher) {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    async start() {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', resolve);
      });
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
      return { url: `http://127.0.0.1:${address.port}`, port: address.port };
    },
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

type Tell = (moment: CallMoment['moment'], call: AwsCall, status?: number) => void;

/** No reply means that the connection is to be cut. */
interface Answered {
  reply: AwsAnswer | undefined;
  settled?: (how: 'answered' | 'unanswered') => void;
}

/** Identifies the caller and the operation. */
function createAnswerer(deps: AwsEndpointDeps, perform: Perform, tell: Tell) {
  const services = new Map(deps.services.map((s) => [s.service, s]));
  const verify = createSigV4Verifier(deps.directory, deps.nowMs);

  return async (request: AwsRequest): Promise<Answered> => {
    const startedAtMs = performance.now();
    const authorization = parseAuthorization(request.headers.authorization);
    if (!authorization) {
      return {
        reply: jsonError('MissingAuthenticationTokenException', 'Request is missing Authentication Token'),
      };
    }
    const service = services.get(authorization.service);
    if (!service) {
      const reply = jsonError('UnknownOperationException', `no local stand-in for ${authorization.service}`);
      return { reply };
    }
    const verified = await verify(request, authorization);
    if ('code' in verified) return { reply: service.error(verified.code, verified.message) };
    const operation = service.operationOf(request);
    const call = callOf(request, service.service, operation, verified.caller);
    tell('arrived', call);
    const reply = await perform(service, call);
    const status = reply?.status ?? 0;
    deps.onCall?.({
      service: service.service,
      operation,
      roleName: verified.caller.roleName,
      status,
      durationMs: performance.now() - startedAtMs,
    });
    return { reply, settled: (how) => tell(how, call, status) };
  };
}

type Perform = (service: AwsService, call: AwsCall) => Promise<AwsAnswer | undefined>;

/** Injects the fault meant for the call, checks permission, and passes the call to its service. */
function createPerformer(
  deps: AwsEndpointDeps,
  authorizer: Authorizer,
  takeFault: ReturnType<typeof createFaults>['take'],
  tell: Tell,
): Perform {
  const refusal = (service: AwsService, call: AwsCall): AwsAnswer | undefined => {
    for (const request of service.authorizations(call)) {
      const decision = authorizer.decide(principalOf(call.caller), request);
      const outcome = { caller: call.caller, request, decision };
      if (decision !== 'Allowed') {
        deps.onDenied?.(outcome);
        return service.error('AccessDeniedException', denialMessage(outcome));
      }
      deps.onAuthorized?.(outcome);
    }
    return undefined;
  };

  return async (service, call) => {
    try {
      const fault = takeFault(call);
      if (fault?.kind === 'drop') return undefined;
      if (fault?.kind === 'delay' && !fault.after) await sleep(fault.delayMs);
      if (fault?.kind === 'error') return injectedError(service, fault);
      const answer = refusal(service, call) ?? (await service.answer(call));
      tell('done', call, answer.status);
      if (fault?.kind === 'delay' && fault.after) await sleep(fault.delayMs);
      if (fault?.kind === 'date') return dated(answer, deps.nowMs() + fault.offsetMs);
      return fault?.kind === 'loseReply' ? undefined : answer;
    } catch (error) {
      if (error instanceof AwsServiceError) return service.error(error.code, error.message);
      deps.onInternalError?.(error, call);
      return { ...service.error('InternalFailure', 'the local stand-in failed'), status: 500 };
    }
  };
}

function dated(answer: AwsAnswer, atMs: number): AwsAnswer {
  return { ...answer, headers: { ...answer.headers, date: new Date(atMs).toUTCString() } };
}

function injectedError(service: AwsService, fault: Extract<Fault['effect'], { kind: 'error' }>): AwsAnswer {
  const answer = service.error(fault.code, fault.message ?? 'injected fault');
  return fault.status === undefined ? answer : { ...answer, status: fault.status };
}

function callOf(request: AwsRequest, service: string, operation: string, caller: Caller): AwsCall {
  let parsed: { value: unknown } | undefined;
  const json = () => {
    parsed ??= { value: parseBody(request.body) };
    return parsed.value;
  };
  return { ...request, service, operation, caller, json };
}

function parseBody(body: Uint8Array): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    throw new AwsServiceError('SerializationException', 'the body is not JSON');
  }
}

function denialMessage({ caller, request, decision }: AuthorizationOutcome) {
  return (
    `User: ${caller.roleArn} is not authorized to perform: ${request.action} on resource: ${request.resource} ` +
    (decision === 'ExplicitlyDenied'
      ? 'with an explicit deny in a policy'
      : `because no policy allows the ${request.action} action`)
  );
}

async function readRequest(req: IncomingMessage): Promise<AwsRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(req.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return { method: req.method ?? 'GET', path: req.url ?? '/', headers, body: Buffer.concat(chunks) };
}

function send(res: ServerResponse, answer: AwsAnswer, nowMs: number): void {
  const body = Buffer.from(answer.body ?? '');
  // SDK clients correct their clock by this header, so it must come from the clock they sign with.
  res.sendDate = false;
  res.writeHead(answer.status, {
    date: new Date(nowMs).toUTCString(),
    'x-amzn-requestid': randomUUID(),
    ...answer.headers,
    'content-length': body.length,
  });
  res.end(body);
}
