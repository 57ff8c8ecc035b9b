import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type {
  ConnectionStatusResponse,
  DisconnectResponse,
  OpenConsentRequest,
  OpenConsentResponse,
  ProblemDocument,
  RedeemConsentRequest,
  RedeemResponse,
  RedeemSignInRequest,
} from '../../../client/contract.ts';

/** The vault's HTTP API as an application's server calls it: signed as the role the server runs with. */
export interface VaultApi {
  openConsent(connectionId: string, request: OpenConsentRequest): Promise<VaultAnswer<OpenConsentResponse>>;
  redeemConsent(connectionId: string, request: RedeemConsentRequest): Promise<VaultAnswer<RedeemResponse>>;
  redeemSignIn(request: RedeemSignInRequest): Promise<VaultAnswer<RedeemResponse>>;
  status(connectionId: string): Promise<VaultAnswer<ConnectionStatusResponse>>;
  disconnect(connectionId: string): Promise<VaultAnswer<DisconnectResponse>>;
}

export type VaultAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly status: number; readonly problem: Partial<ProblemDocument> };

export interface VaultApiDeps {
  readonly apiUrl: () => string;
  readonly region: string;
  readonly credentials: () => { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly nowMs: () => number;
}

export function createVaultApi(deps: VaultApiDeps): VaultApi {
  /** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
  const call = async <T>(method: string, path: string, body?: object): Promise<VaultAnswer<T>> => {
    const url = new URL(path, deps.apiUrl());
    const { region } = deps;
    const signer = new SignatureV4({
      service: 'execute-api',
      region,
      credentials: deps.credentials(),
      sha256: Sha256,
    });
    const text = body === undefined ? undefined : JSON.stringify(body);
    const request = {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      headers: { host: url.host, ...(text !== undefined && { 'content-type': 'application/json' }) },
      ...(text !== undefined && { body: text }),
    };
    const { headers } = await signer.sign(request, { signingDate: new Date(deps.nowMs()) });
    const { host: _sentByFetch, ...rest } = headers;
    const response = await fetch(url, { method, headers: rest, ...(text !== undefined && { body: text }) });
    const answer = await response.json().catch(() => ({}));
    return response.ok
      ? { ok: true, value: answer as T }
      : { ok: false, status: response.status, problem: answer as Partial<ProblemDocument> };
  };
  const of = (connectionId: string): string => `/connections/${connectionId}`;

  return {
    openConsent: (connectionId, request) => call('POST', `${of(connectionId)}/consents`, request),
    redeemConsent: (connectionId, request) => call('POST', `${of(connectionId)}/consents/redeem`, request),
    redeemSignIn: (request) => call('POST', '/sign-ins/redeem', request),
    status: (connectionId) => call('GET', of(connectionId)),
    disconnect: (connectionId) => call('DELETE', of(connectionId)),
  };
}
