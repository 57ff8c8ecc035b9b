// #region task
import { createTokenClient, parseAdobeJson } from 'adobe-token-vault/client';

const vault = createTokenClient();
const headers = { 'x-api-key': process.env.ADOBE_TOKEN_VAULT_CLIENT_ID ?? '' };

/** Step Functions stores the input and output of a task: an id and a result, never a token. */
export async function handler({ connectionId }: { connectionId: string }) {
  const answer = await vault.fetch(connectionId, 'https://lr.adobe.io/v2/catalog', { headers });
  if (!answer.ok) throw new LightroomRefusedError(`Lightroom answered with status ${answer.status}.`);
  const catalog = parseAdobeJson(await answer.text()) as { readonly id: string };
  return { connectionId, catalogId: catalog.id };
}
// #endregion

class LightroomRefusedError extends Error {
  override readonly name = 'LightroomRefusedError';
}
