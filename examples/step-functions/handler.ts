// #region task
import { createTokenClient, parseAdobeJson } from 'adobe-token-vault/client';

const vault = createTokenClient();

/** Step Functions stores the input and output of a task: an id and a result, never a token. */
export async function handler({ connectionId }: { connectionId: string }) {
  const answer = await vault.fetch(connectionId, 'https://lr.adobe.io/v2/catalog');
  if (!answer.ok) throw new LightroomRefusedError(`Lightroom answered with status ${answer.status}.`);
  const catalog = parseAdobeJson(await answer.text()) as { readonly id: string };
  return { connectionId, catalogId: catalog.id };
}
// #endregion

class LightroomRefusedError extends Error {
  override readonly name = 'LightroomRefusedError';
}
