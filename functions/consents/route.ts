import type { OpenConsentResponse, RedeemResponse } from '../../client/contract.ts';
import {
  type HttpContext,
  type HttpEvent,
  type HttpHandler,
  type HttpResult,
  pathConnectionId,
} from '../adapters/http/http-event.ts';
import { readJsonBody } from '../adapters/http/json-body.ts';
import { problem } from '../adapters/http/problem.ts';
import { jsonResponse } from '../adapters/http/responses.ts';
import { createRouter } from '../adapters/http/routing.ts';
import type { OpenConsent } from '../core/consent/open-consent.ts';
import type { RedeemCode, Redeemer, RedeemResult } from '../core/consent/redeem-code.ts';
import { defined } from '../core/defined.ts';
import { isoTime } from '../core/moment.ts';
import { openConsentBody, redeemConsentBody, redeemSignInBody } from './request-bodies.ts';

export interface ConsentsRouteDeps {
  readonly openConsent: OpenConsent;
  readonly redeemCode: RedeemCode;
  readonly authorizeUrl: string;
}

/** Left for answering. */
const ANSWER_MS = 1000;

export function createConsentsRoute(deps: ConsentsRouteDeps): HttpHandler {
  return createRouter({
    'POST /connections/{connectionId}/consents': (event) => open(deps, event),
    'POST /connections/{connectionId}/consents/redeem': async (event, context) => {
      const connectionId = pathConnectionId(event);
      if (connectionId === undefined) return invalidId();
      const body = readJsonBody(event, redeemConsentBody);
      if (body.kind === 'invalid') return problem('invalid_request', { detail: body.detail });
      const { connectionCode } = body.value;
      return redeem(deps, context, connectionCode, { connectionId });
    },
    'POST /sign-ins/redeem': async (event, context) => {
      const body = readJsonBody(event, redeemSignInBody);
      if (body.kind === 'invalid') return problem('invalid_request', { detail: body.detail });
      const { connectionCode, appState } = body.value;
      return redeem(deps, context, connectionCode, { appState });
    },
  });
}

async function open({ openConsent, authorizeUrl }: ConsentsRouteDeps, event: HttpEvent): Promise<HttpResult> {
  const connectionId = pathConnectionId(event);
  if (connectionId === undefined) return invalidId();
  const body = readJsonBody(event, openConsentBody);
  if (body.kind === 'invalid') return problem('invalid_request', { detail: body.detail });
  const { returnTo, scopes, appState, replace } = body.value;
  const opened = await openConsent(defined({ connectionId, returnTo, replace, scopes, appState }));
  switch (opened.outcome) {
    case 'connection-id-reserved':
      return problem('connection_id_reserved', {
        detail: 'Ids that begin with adobe- are derived by the vault.',
      });
    case 'return-url-unknown':
      return problem('invalid_request', { detail: "returnTo: is not one of the settings' return URLs." });
    case 'opened': {
      const url = new URL(authorizeUrl);
      url.searchParams.set('session', opened.sessionId.reveal());
      const expiresAt = isoTime(opened.linkExpiresAtMs);
      return jsonResponse(201, { authorizeUrl: url.href, expiresAt } satisfies OpenConsentResponse);
    }
  }
}

async function redeem(
  { redeemCode }: ConsentsRouteDeps,
  context: HttpContext,
  connectionCode: string,
  redeemer: Redeemer,
): Promise<HttpResult> {
  const remainingMs = Math.max(0, context.getRemainingTimeInMillis() - ANSWER_MS);
  return answer(await redeemCode({ connectionCode, redeemer, remainingMs }));
}

function answer(redeemed: RedeemResult): HttpResult {
  switch (redeemed.outcome) {
    case 'code-not-valid':
      return problem('code_not_valid');
    case 'superseded':
      return problem('consent_superseded');
    case 'redeemed': {
      const { connectionId, subject, grantedScopes, renewable } = redeemed.connection;
      const { keptPrevious, claims } = redeemed;
      const body: RedeemResponse = defined({
        connectionId,
        sub: subject,
        scopes: grantedScopes,
        renewable,
        keptPrevious,
        claims,
      });
      return jsonResponse(200, body);
    }
  }
}

function invalidId(): HttpResult {
  return problem('invalid_request', {
    detail: 'The connection id in the path must match [A-Za-z0-9][A-Za-z0-9._-]{0,127}.',
  });
}
