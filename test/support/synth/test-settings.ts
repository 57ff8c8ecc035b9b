import type { TokenVaultSettings } from '../../../lib/settings/token-vault-settings.ts';

/** The settings of the tests: the operator may edit the project's own. */
export const TEST_SETTINGS: TokenVaultSettings = {
  clientId: 'test-client-id',
  scopes: ['openid', 'AdobeID', 'offline_access', 'lr_partner_apis', 'lr_partner_rendition_apis'],
  returnUrls: ['https://app.example.test/adobe/connected'],
};
