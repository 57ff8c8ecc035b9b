import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AuthorizationRequest, AwsAnswer, AwsCall, AwsRequest, AwsService, Caller } from './aws-call.ts';
import { createFaults, type Fault, type Faults } from './faults.ts';
import { type Authorizer, createAuthorizer, type Decision } from './iam/authorizer.ts';
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
}

/** One loopback server for every AWS service; the credential scope of the signature says which one is meant. */
export function createAwsEndpoint(deps: AwsEndpointDeps): AwsEndpoint {
  const { nowMs } = deps;
  const faults = createFaults();
  const authorizer = deps.authorizer ?? createAuthorizer(deps.directory);
  const answer = createAnswerer(deps, createPerformer(deps, authorizer, faults.take));
  let inFlight = 0;

  const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
    inFlight += 1;
    res.once('close', () => {
      inFlight -= 1;
    });
    readRequest(req)
      .then(answer)
      .then((reply) => (reply === undefined ? void req.socket.destroy() : send(res, reply, nowMs())))
      .catch(() => req.socket.destroy());
  });

  return {
    faults,
    authorizer,
    inFlight: () => inFlight,
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

/** Finds out who asks for what. Undefined means that the connection is to be cut. */
function createAnswerer(deps: AwsEndpointDeps, perform: Perform) {
  const services = new Map(deps.services.map((s) => [s.service, s]));
  const verify = createSigV4Verifier(deps.directory, deps.nowMs);

  return async (request: AwsRequest): Promise<AwsAnswer | undefined> => {
    const startedAtMs = performance.now();
    const authorization = parseAuthorization(request.headers.authorization);
    if (!authorization) {
      return jsonError('MissingAuthenticationTokenException', 'Request is missing Authentication Token');
    }
    const service = services.get(authorization.service);
    if (!service) {
      return jsonError('UnknownOperationException', `no local stand-in for ${authorization.service}`);
    }
    const verified = await verify(request, authorization);
    if ('code' in verified) return service.error(verified.code, verified.message);
    const operation = service.operationOf(request);
    const call = callOf(request, service.service, operation, verified.caller);
    const answer = await perform(service, call);
    deps.onCall?.({
      service: service.service,
      operation,
      roleName: verified.caller.roleName,
      status: answer?.status ?? 0,
      durationMs: performance.now() - startedAtMs,
    });
    return answer;
  };
}

type Perform = (service: AwsService, call: AwsCall) => Promise<AwsAnswer | undefined>;

/** Lets the fault meant for the call happen, asks IAM, and hands the call to its service. */
function createPerformer(
  deps: AwsEndpointDeps,
  authorizer: Authorizer,
  takeFault: ReturnType<typeof createFaults>['take'],
): Perform {
  const refusal = (service: AwsService, call: AwsCall): AwsAnswer | undefined => {
    for (const request of service.authorizations(call)) {
      const decision = authorizer.decide({ roleName: call.caller.roleName }, request);
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
      if (fault?.kind === 'delay') await sleep(fault.delayMs);
      if (fault?.kind === 'error') return injectedError(service, fault);
      const answer = refusal(service, call) ?? (await service.answer(call));
      return fault?.kind === 'loseReply' ? undefined : answer;
    } catch (error) {
      if (error instanceof AwsServiceError) return service.error(error.code, error.message);
      deps.onInternalError?.(error, call);
      return { ...service.error('InternalFailure', 'the local stand-in failed'), status: 500 };
    }
  };
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

const denialMessage = ({ caller, request, decision }: AuthorizationOutcome) =>
  `User: ${caller.roleArn} is not authorized to perform: ${request.action} on resource: ${request.resource} ` +
  (decision === 'ExplicitlyDenied'
    ? 'with an explicit deny in a policy'
    : `because no policy allows the ${request.action} action`);

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
