// #region consume
import { createTokenClient } from 'adobe-token-vault/client';

const vault = createTokenClient();

/** @param request `tenant` comes from the authenticated session, `connectionId` from the request */
export async function handler({ tenant, connectionId }: { tenant: string; connectionId: string }) {
  const acting = vault.forTenant(tenant);
  const answer = await acting.fetch(connectionId, 'https://lr.adobe.io/v2/catalog');
  return answer.status;
}
// #endregion
