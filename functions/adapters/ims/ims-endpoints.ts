import type { Secret } from '../../core/secret.ts';
import { parseFields, readHttpAnswer, textField } from './http-answer.ts';

/** The paths of Adobe IMS that Adobe documents as current. */
export interface ImsEndpoints {
  readonly authorize: string;
  readonly token: string;
  readonly revoke: string;
  readonly keys: string;
  readonly userinfo: string;
  readonly discovery: string;
  /** Both forms seen in Adobe's documentation: with and without `/ims`. */
  readonly issuers: readonly string[];
}

/** @param imsBaseUrl https, or http on a loopback host; a trailing slash is ignored */
export function imsEndpoints(imsBaseUrl: string): ImsEndpoints {
  const base = imsBaseUrl.replace(/\/+$/, '');
  return {
    authorize: `${base}/ims/authorize/v2`,
    token: `${base}/ims/token/v3`,
    revoke: `${base}/ims/revoke`,
    keys: `${base}/ims/keys`,
    userinfo: `${base}/ims/userinfo/v2`,
    discovery: `${base}/ims/.well-known/openid-configuration`,
    issuers: [base, `${base}/ims`],
  };
}

/** What an IMS states about itself. */
export interface DiscoveryDocument {
  readonly issuer: string | undefined;
  readonly tokenEndpoint: string | undefined;
}

const DISCOVERY_TIMEOUT_MS = 10_000;
const USERINFO_TIMEOUT_MS = 15_000;

/**
 * Reads the discovery document. `undefined` when the answer is not one. Rejects when there is no answer. It lists far fewer
 * scopes than IMS grants, so a scope that is missing there is not an error.
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 */
export async function readDiscovery(
  imsBaseUrl: string,
  fetcher: typeof fetch,
): Promise<DiscoveryDocument | undefined> {
  const { discovery } = imsEndpoints(imsBaseUrl);
  const signal = AbortSignal.timeout(DISCOVERY_TIMEOUT_MS);
  const answer = await readHttpAnswer(await fetcher(discovery, { redirect: 'manual', signal }));
  const fields = parseFields(Buffer.from(answer.body).toString('utf8'));
  if (answer.status !== 200 || !answer.complete || fields === undefined) return undefined;
  return { issuer: textField(fields, 'issuer'), tokenEndpoint: textField(fields, 'token_endpoint') };
}

/**
 * Does Adobe still accept an access token? `undefined` when the answer says neither.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#UserInfo
 */
export async function isAccessTokenTaken(
  imsBaseUrl: string,
  accessToken: Secret,
  fetcher: typeof fetch,
): Promise<boolean | undefined> {
  const { userinfo } = imsEndpoints(imsBaseUrl);
  const headers = { authorization: `Bearer ${accessToken.reveal()}` };
  const signal = AbortSignal.timeout(USERINFO_TIMEOUT_MS);
  const answer = await fetcher(userinfo, { headers, redirect: 'manual', signal }).catch(() => undefined);
  await answer?.body?.cancel();
  if (answer?.status === 200) return true;
  return answer?.status === 401 ? false : undefined;
}
