// #region consume
import { createTokenClient } from 'adobe-token-vault/client';

const vault = createTokenClient();
const headers = { 'x-api-key': process.env.ADOBE_TOKEN_VAULT_CLIENT_ID ?? '' };

/** @param request `tenant` comes from the authenticated session, `connectionId` from the request */
export async function handler({ tenant, connectionId }: { tenant: string; connectionId: string }) {
  const acting = vault.forTenant(tenant);
  const answer = await acting.fetch(connectionId, 'https://lr.adobe.io/v2/catalog', { headers });
  return answer.status;
}
// #endregion
