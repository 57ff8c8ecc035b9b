import { emptyAnswer, errorAnswer, type ImsAnswer, jsonAnswer } from './answer.ts';
import { createAuthorizeEndpoint } from './authorize-endpoint.ts';
import { answerDiscovery } from './discovery.ts';
import { type Delivery, deliverWithFault } from './fault-delivery.ts';
import type { FaultSubject } from './faults.ts';
import type { ImsContext } from './ims-context.ts';
import { increment, unknownUser } from './ledger.ts';
import { answerBackChannelLogout, answerLogout } from './logout-endpoint.ts';
import { type ImsRequest, parametersOf } from './request.ts';
import { answerRevocation, findToken } from './revocation-endpoint.ts';
import { answerUserinfo, answerValidation } from './token-inspection.ts';
import type { TokenVersion } from './token-post.ts';
import { createTokenRoute } from './token-route.ts';

/** A delivery, and whom to tell whether it got through. */
export interface RouteResult extends Delivery {
  readonly onSettled?: (outcome: 'delivered' | 'lost') => void;
}

export type Route = (request: ImsRequest) => Promise<RouteResult>;

interface RouteDeps {
  readonly ims: ImsContext;
  readonly sleep: (delayMs: number, until?: AbortSignal) => Promise<void>;
}

const delivered = async (answer: ImsAnswer): Promise<RouteResult> => ({
  answer,
  cut: 'no',
  successorAnswer: 'delivered',
});

/** Strikes a request with whatever fault is due, and counts it. */
const strike = async (
  { ims, sleep }: RouteDeps,
  { abandoned }: ImsRequest,
  subject: FaultSubject,
  process: () => ImsAnswer,
): Promise<Delivery> => {
  const fault = ims.faults.take(subject);
  if (fault !== undefined) {
    ims.ledger.count(subject.user ?? unknownUser, (counts) => increment(counts.faults, fault.kind));
  }
  return deliverWithFault(fault, process, { nowMs: ims.nowMs(), sleep, abandoned });
};

const createAuthorizeRoutes = (deps: RouteDeps): [string, Route][] => {
  const { ims } = deps;
  const authorize = createAuthorizeEndpoint(ims);
  const subject = (user: string | undefined): FaultSubject => ({
    endpoint: 'authorize',
    user,
    grantType: undefined,
  });
  const show: Route = (request) =>
    strike(deps, request, subject(ims.profile().authorize.automatic?.user), () => authorize.show(request));
  const decide: Route = (request) =>
    strike(deps, request, subject(request.form.get('user') ?? undefined), () => authorize.decide(request));
  const logOut: Route = (request) => {
    authorize.signOut(request.cookie);
    return delivered(answerLogout(ims, request));
  };

  const paths = ['/ims/authorize/v1', '/ims/authorize/v2', '/ims/authorize/v3'];
  return [
    ...paths.map((path): [string, Route] => [`GET ${path}`, show]),
    ...paths.map((path): [string, Route] => [`POST ${path}`, decide]),
    ['GET /ims/logout/v1', logOut],
  ];
};

const createRevokeRoute =
  (deps: RouteDeps): Route =>
  (request) => {
    const record = findToken(deps.ims, parametersOf(request, deps.ims.profile())('token'));
    const subject: FaultSubject = {
      endpoint: 'revoke',
      user: record?.grant.userKey,
      grantType: undefined,
    };
    return strike(deps, request, subject, () => {
      const answer = answerRevocation(deps.ims, request);
      deps.ims.tellDecision(request, answer);
      return answer;
    });
  };

export const createRoutes = (deps: RouteDeps): Route => {
  const { ims } = deps;
  const token = createTokenRoute(ims, (request, subject, process) => strike(deps, request, subject, process));
  const versions: TokenVersion[] = [1, 2, 3];
  const discovery: Route = () => delivered(answerDiscovery(ims));

  const routes = new Map<string, Route>([
    ['GET /ims/.well-known/openid-configuration', discovery],
    ['GET /.well-known/openid-configuration', discovery],
    ['GET /ims/keys', () => delivered(jsonAnswer(200, ims.keys.publishedKeys()))],
    ...createAuthorizeRoutes(deps),
    ...versions.map((version): [string, Route] => [`POST /ims/token/v${version}`, token(version)]),
    ['POST /ims/revoke', createRevokeRoute(deps)],
    ['GET /ims/userinfo/v2', (request) => delivered(answerUserinfo(ims, request))],
    ['POST /ims/validate_token/v1', (request) => delivered(answerValidation(ims, request))],
    ['POST /ims/logout/v1', (request) => delivered(answerBackChannelLogout(ims, request))],
    ['GET /favicon.ico', () => delivered(emptyAnswer(204))],
  ]);

  return (request) =>
    routes.get(`${request.method} ${request.path}`)?.(request) ??
    delivered(errorAnswer(404, 'not_found', 'no such endpoint'));
};
