import { randomUUID } from 'node:crypto';
import { emptyAnswer, type ImsAnswer } from './answer.ts';
import { type AuthorizationRequest, callbackUrl, readAuthorizationRequest } from './authorization-request.ts';
import { consentPage, messagePage } from './consent-page.ts';
import type { ImsContext } from './ims-context.ts';
import { increment } from './ledger.ts';
import type { ConsentDecision } from './profile.ts';
import type { ImsRequest } from './request.ts';

export interface AuthorizeEndpoint {
  /** Shows the consent page, or answers at once when consent is automatic or the request cannot be granted. */
  show(request: ImsRequest): ImsAnswer;
  /** Takes the form of the consent page: `user`, `decision` (`approve` or `deny`) and the scopes left ticked. */
  decide(request: ImsRequest): ImsAnswer;
  signOut(cookie: string): void;
}

interface Consent {
  readonly userKey: string;
  readonly decision: ConsentDecision;
  readonly scopes: readonly string[];
}

const sessionCookie = 'ims_stand_in_session';
const longestState = 4_096;

function sessionIdIn(cookie: string): string | undefined {
  return new RegExp(`(?:^|; *)${sessionCookie}=([^;]+)`).exec(cookie)?.[1];
}

function withStatus(answer: ImsAnswer, status: number): ImsAnswer {
  return answer.status === 302 ? { ...answer, status } : answer;
}

export function createAuthorizeEndpoint(ims: ImsContext): AuthorizeEndpoint {
  const sessions = new Map<string, string>();

  const callBack = (request: AuthorizationRequest, parameters: Record<string, string | null>): ImsAnswer => {
    const { iss } = ims.profile().authorize;
    const issuers = { absent: null, present: ims.baseUrl(), wrong: 'https://wrong-issuer.invalid' };
    const location = callbackUrl(
      request.redirectUri,
      { ...parameters, iss: issuers[iss] },
      request.responseMode,
    );
    return emptyAnswer(302, { location });
  };

  const refuse = (request: AuthorizationRequest, error: string, description: string, jump?: string) => {
    const { stateOnError, errorDescription } = ims.profile().authorize;
    return callBack(request, {
      error,
      error_description: errorDescription === 'present' ? description : null,
      jump: jump ?? null,
      state: stateOnError === 'replayed' ? request.state : null,
    });
  };

  /** Refuses what can be refused before a user has signed in. */
  const refuseRequest = (request: AuthorizationRequest): ImsAnswer | undefined => {
    const { credential } = ims.profile();
    if (request.clientId !== credential.clientId) {
      return messagePage(400, 'Unknown application', 'No credential has this client_id.');
    }
    if ((request.state?.length ?? 0) > longestState) {
      return messagePage(400, 'Bad request', 'The state parameter is too long.');
    }
    if (request.responseType !== 'code') {
      return refuse(request, 'unsupported_response_type', 'only response_type=code is supported');
    }
    return request.scopes.every((scope) => credential.scopes.includes(scope))
      ? undefined
      : refuse(request, 'invalid_scope', 'the credential may not ask for one of the scopes');
  };

  const refuseUser = (request: AuthorizationRequest, userKey: string): ImsAnswer | undefined => {
    const { credential, userAction } = ims.profileOf(userKey);
    const email = ims.users.get(userKey)?.email;
    if (email === undefined) return messagePage(400, 'Unknown user', 'No test user has this name.');
    if (credential.status === 'in-development' && !credential.betaEmails.includes(email)) {
      return credential.nonBetaAnswer === 'error-page'
        ? messagePage(403, 'Access denied', 'This application is in development and you are not a beta user.')
        : refuse(request, credential.nonBetaError, 'the user is not a beta user of this application');
    }
    return userAction.at === 'callback' || userAction.at === 'both'
      ? refuse(request, userAction.error, 'user action required', userAction.jump ?? undefined)
      : undefined;
  };

  const grantCode = (
    request: AuthorizationRequest,
    userKey: string,
    ticked: readonly string[],
  ): ImsAnswer => {
    const { credential, consent } = ims.profileOf(userKey);
    const { grantedScopes } = consent;
    const isGranted = (scope: string) => grantedScopes === 'requested' || grantedScopes.includes(scope);
    const code = ims.issuer.code({
      userKey,
      clientId: credential.clientId,
      scopes: request.scopes.filter((scope) => ticked.includes(scope) && isGranted(scope)),
      redirectUri: request.requestedRedirectUri,
      codeChallenge: request.codeChallenge,
      codeChallengeMethod: request.codeChallengeMethod,
      nonce: request.nonce,
    });
    return callBack(request, { code, state: request.state });
  };

  const settle = (request: AuthorizationRequest, { userKey, decision, scopes }: Consent): ImsAnswer => {
    const refusal = refuseUser(request, userKey);
    ims.ledger.count(userKey, (counts) => increment(counts.consents, refusal ? 'refused' : decision));
    if (refusal !== undefined) return refusal;
    switch (decision) {
      case 'approve':
        return grantCode(request, userKey, scopes);
      case 'deny':
        return refuse(request, 'access_denied', 'the user declined');
      case 'abandon':
        return messagePage(200, 'Abandoned', 'The user left without an answer; nothing is sent back.');
    }
  };

  const hasConsented = (userKey: string, scopes: readonly string[]): boolean =>
    ims.grants
      .grantsOf(userKey)
      .some(
        (grant) =>
          scopes.every((scope) => grant.scopes.includes(scope)) &&
          [...grant.refreshTokens, ...grant.accessTokens].some((token) => token.revokedAtMs === null),
      );

  /** OpenID Connect Core §3.1.2.6: nothing may be shown, so a session and an earlier consent must exist. */
  const answerSilently = (request: AuthorizationRequest, cookie: string): ImsAnswer => {
    const userKey = sessions.get(sessionIdIn(cookie) ?? '');
    if (userKey === undefined) return refuse(request, 'login_required', 'no user is signed in');
    return hasConsented(userKey, request.scopes)
      ? settle(request, { userKey, decision: 'approve', scopes: request.scopes })
      : refuse(request, 'consent_required', 'the user has not consented');
  };

  const withSession = (answer: ImsAnswer, userKey: string): ImsAnswer => {
    const id = randomUUID();
    sessions.set(id, userKey);
    const cookie = `${sessionCookie}=${id}; Path=/ims; HttpOnly; SameSite=Lax`;
    return { ...answer, headers: { ...answer.headers, 'set-cookie': cookie } };
  };

  return {
    show: ({ query, cookie }) => {
      const request = readAuthorizationRequest(query, ims.profile());
      const refusal = refuseRequest(request);
      if (refusal !== undefined) return refusal;
      if (request.prompt.includes('none')) return answerSilently(request, cookie);
      const { automatic } = ims.profile().authorize;
      return automatic === null
        ? consentPage(request, [...ims.users.values()], ims.profile())
        : settle(request, {
            userKey: automatic.user,
            decision: automatic.decision,
            scopes: request.scopes,
          });
    },

    decide: ({ query, form }) => {
      const request = readAuthorizationRequest(query, ims.profile());
      const refusal = refuseRequest(request);
      if (refusal !== undefined) return withStatus(refusal, 303);
      const userKey = form.get('user') ?? '';
      const scopes = form.has('scopes_shown') || form.has('scope') ? form.getAll('scope') : request.scopes;
      const decision = form.get('decision') === 'approve' ? 'approve' : 'deny';
      const answer = withStatus(settle(request, { userKey, decision, scopes }), 303);
      return answer.status === 303 ? withSession(answer, userKey) : answer;
    },

    signOut: (cookie) => {
      sessions.delete(sessionIdIn(cookie) ?? '');
    },
  };
}
