import { parseFields, textField } from './answer-fields.ts';
import { readHttpAnswer } from './http-answer.ts';

/** What an IMS says of itself. */
export interface DiscoveryDocument {
  readonly issuer: string | undefined;
  readonly tokenEndpoint: string | undefined;
}

const TIMEOUT_MS = 10_000;

/**
 * Reads the discovery document; `undefined` when the answer is none. Rejects when nobody answers. The scopes it lists are far
 * fewer than those that can be had, so nothing may be held against them.
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 */
export async function readDiscovery(
  imsBaseUrl: string,
  fetcher: typeof fetch,
): Promise<DiscoveryDocument | undefined> {
  const url = `${imsBaseUrl.replace(/\/+$/, '')}/ims/.well-known/openid-configuration`;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await readHttpAnswer(await fetcher(url, { redirect: 'manual', signal }));
  const fields = parseFields(Buffer.from(answer.body).toString('utf8'));
  if (answer.status !== 200 || !answer.complete || fields === undefined) return undefined;
  return { issuer: textField(fields, 'issuer'), tokenEndpoint: textField(fields, 'token_endpoint') };
}
