import { emptyAnswer, errorAnswer, type ImsAnswer, jsonAnswer } from './answer.ts';
import { createAuthorizeEndpoint } from './authorize-endpoint.ts';
import { type Delivery, deliverWithFault } from './fault-delivery.ts';
import type { FaultSubject } from './faults.ts';
import type { RefreshTokenRecord } from './grant-store.ts';
import type { ImsContext } from './ims-context.ts';
import { increment, type RefreshPostMoment, unknownUser } from './ledger.ts';
import { type ImsRequest, parametersOf } from './request.ts';
import { answerBackChannelLogout, answerLogout, answerRevocation, findToken } from './revocation-endpoint.ts';
import { answerTokenPost } from './token-endpoint.ts';
import { answerUserinfo, answerValidation } from './token-inspection.ts';
import { readTokenPost, type TokenPost, type TokenVersion } from './token-post.ts';

/** A delivery, and a listener for whether it arrived. */
export interface RouteResult extends Delivery {
  readonly onSettled?: (outcome: 'delivered' | 'lost') => void;
}

export type Route = (request: ImsRequest) => Promise<RouteResult>;

interface RouteDeps {
  readonly ims: ImsContext;
  readonly sleep: (delayMs: number, until?: AbortSignal) => Promise<void>;
}

async function delivered(answer: ImsAnswer): Promise<RouteResult> {
  return {
    answer,
    cut: 'no',
    successorAnswer: 'delivered',
  };
}

/** Strikes a request with whatever fault is due, and counts it. */
async function strike(
  { ims, sleep }: RouteDeps,
  { abandoned }: ImsRequest,
  subject: FaultSubject,
  process: () => ImsAnswer,
): Promise<Delivery> {
  const fault = ims.faults.take(subject);
  if (fault !== undefined) {
    ims.ledger.count(subject.user ?? unknownUser, (counts) => increment(counts.faults, fault.kind));
  }
  return deliverWithFault(fault, process, { nowMs: ims.nowMs(), sleep, abandoned });
}

function createAuthorizeRoutes(deps: RouteDeps): [string, Route][] {
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
}

function createRevokeRoute(deps: RouteDeps): Route {
  return (request) => {
    const record = findToken(deps.ims, parametersOf(request, deps.ims.profile())('token'));
    const subject: FaultSubject = {
      endpoint: 'revoke',
      user: record?.grant.userKey,
      grantType: undefined,
    };
    return strike(deps, request, subject, () => {
      const answer = answerRevocation(deps.ims, request);
      deps.ims.onDecision(request, answer);
      return answer;
    });
  };
}

export function createRoutes(deps: RouteDeps): Route {
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
}

type Strike = (request: ImsRequest, subject: FaultSubject, process: () => ImsAnswer) => Promise<Delivery>;

interface TokenRouteResult extends Delivery {
  readonly onSettled: (outcome: 'delivered' | 'lost') => void;
}

/** The token endpoint with its bookkeeping: arrivals, overlaps, faults and answers that never arrived. */
function createTokenRoute(ims: ImsContext, strike: Strike) {
  const unanswered = new Map<RefreshTokenRecord, number>();

  const enter = (post: TokenPost): (() => void) => {
    const { refreshToken } = post;
    const open = refreshToken === undefined ? 0 : (unanswered.get(refreshToken) ?? 0);
    if (refreshToken !== undefined) unanswered.set(refreshToken, open + 1);
    ims.ledger.count(post.userKey ?? unknownUser, (counts) => {
      counts.tokenPosts[post.grantType] += 1;
      if (open > 0) counts.overlappingPosts += 1;
    });
    return () => {
      if (refreshToken === undefined) return;
      const left = (unanswered.get(refreshToken) ?? 1) - 1;
      if (left === 0) unanswered.delete(refreshToken);
      else unanswered.set(refreshToken, left);
    };
  };

  return (version: TokenVersion) =>
    async (request: ImsRequest): Promise<TokenRouteResult> => {
      const post = readTokenPost(ims, request, version);
      const token = post.refreshToken;
      const leave = enter(post);
      const note = (moment: RefreshPostMoment['moment']): void => {
        if (token !== undefined) ims.ledger.noteRefreshPost(token, moment);
      };
      note('arrived');
      let succeeded = false;
      let consumedHere = false;

      const process = (): ImsAnswer => {
        const wasUnused = token?.consumedAtMs === null;
        const issuedBefore = token?.grant.refreshTokens.length;
        const answer = answerTokenPost(ims, request, post);
        ims.onDecision(request, answer);
        succeeded = answer.status === 200;
        if (token?.grant.refreshTokens.length !== issuedBefore) note('consumed');
        consumedHere = wasUnused && token.consumedAtMs !== null;
        if (consumedHere && token !== undefined) token.successorAnswer = 'pending';
        return answer;
      };
      const subject = { endpoint: 'token', user: post.userKey, grantType: post.grantType } as const;
      const delivery = await strike(request, subject, process);

      return {
        ...delivery,
        onSettled: (outcome) => {
          leave();
          const isDelivered = outcome === 'delivered' && delivery.successorAnswer === 'delivered';
          note(isDelivered ? 'answered' : 'undelivered');
          const isLost = outcome === 'lost' && succeeded;
          if (consumedHere && token !== undefined) {
            const spoiled = delivery.successorAnswer !== 'delivered';
            token.successorAnswer = isLost && !spoiled ? 'lost' : delivery.successorAnswer;
          }
          if (!isLost) return;
          ims.ledger.count(post.userKey ?? unknownUser, (counts) => {
            counts.lostAnswers += 1;
          });
        },
      };
    };
}

/** As documented of Adobe: far fewer scopes are advertised than can be used. */
function answerDiscovery(ims: ImsContext): ImsAnswer {
  const base = ims.baseUrl();
  return jsonAnswer(200, {
    issuer: base,
    authorization_endpoint: `${base}/ims/authorize/v2`,
    token_endpoint: `${base}/ims/token/v3`,
    userinfo_endpoint: `${base}/ims/userinfo/v2`,
    revocation_endpoint: `${base}/ims/revoke`,
    jwks_uri: `${base}/ims/keys`,
    response_types_supported: ['code', 'token', 'id_token', 'id_token token', 'code id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['openid', 'email', 'profile'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    grant_types_supported: ['authorization_code', 'implicit_grant', 'refresh_token'],
    code_challenge_methods_supported: ['S256', 'plain'],
    claims_supported: ['sub', 'given_name', 'family_name', 'name', 'email', 'email_verified', 'address'],
  });
}
