// #region choose
import { createTokenClient } from 'adobe-token-vault/client';

const photos = createTokenClient();
const films = createTokenClient({ vault: 'films' });
// #endregion

export async function handler({ connectionId }: { connectionId: string }) {
  const catalog = await photos.fetch(connectionId, 'https://lr.adobe.io/v2/catalog');
  const account = await films.fetch(connectionId, 'https://api.frame.io/v4/me');
  return { catalog: catalog.status, account: account.status };
}
