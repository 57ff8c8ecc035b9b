// #region consume
import { createTokenClient, parseAdobeJson } from 'adobe-token-vault/client';

const vault = createTokenClient();
// Lightroom also requires the client id of the credential. The grant puts it into the environment.
const headers = { 'x-api-key': process.env.ADOBE_TOKEN_VAULT_CLIENT_ID ?? '' };

export async function handler({ connectionId }: { connectionId: string }) {
  const answer = await vault.fetch(connectionId, 'https://lr.adobe.io/v2/catalog', { headers });
  if (!answer.ok) throw new Error(`Lightroom answered with status ${answer.status}.`);
  return parseAdobeJson(await answer.text());
}
// #endregion
