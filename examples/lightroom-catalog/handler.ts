// #region consume
import { createTokenClient, parseAdobeJson } from 'adobe-token-vault/client';

const vault = createTokenClient();

export async function handler({ connectionId }: { connectionId: string }) {
  const answer = await vault.fetch(connectionId, 'https://lr.adobe.io/v2/catalog');
  if (!answer.ok) throw new Error(`Lightroom answered with status ${answer.status}.`);
  return parseAdobeJson(await answer.text());
}
// #endregion
