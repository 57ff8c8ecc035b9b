import type { Secret } from '../../core/secret.ts';

const TIMEOUT_MS = 15_000;

/**
 * Does Adobe still take an access token? `undefined` when the answer says neither.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#UserInfo
 */
export async function isAccessTokenTaken(
  imsBaseUrl: string,
  accessToken: Secret,
  fetcher: typeof fetch,
): Promise<boolean | undefined> {
  const url = `${imsBaseUrl.replace(/\/+$/, '')}/ims/userinfo/v2`;
  const headers = { authorization: `Bearer ${accessToken.reveal()}` };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await fetcher(url, { headers, redirect: 'manual', signal }).catch(() => undefined);
  await answer?.body?.cancel();
  if (answer?.status === 200) return true;
  return answer?.status === 401 ? false : undefined;
}
