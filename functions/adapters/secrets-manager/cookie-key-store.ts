import { PutSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

import { PlatformError } from '../../core/platform-error.ts';
import type { CookieKeyStore } from '../../core/ports/consents.ts';
import { readCookieKeys } from './cookie-key-source.ts';
import { MALFORMED } from './read-secret-json.ts';
import { toSecretError } from './secret-error.ts';
import { SECRETS_CALL_TIMEOUT_MS } from './secrets-client.ts';

export interface CookieKeyStoreDependencies {
  readonly client: SecretsManagerClient;
  readonly secretId: string;
}

export function createCookieKeyStore({ client, secretId }: CookieKeyStoreDependencies): CookieKeyStore {
  return {
    async read() {
      try {
        return await readCookieKeys(client, secretId);
      } catch (error) {
        if (error instanceof PlatformError && error.reason === MALFORMED) return 'malformed';
        throw error;
      }
    },
    async store({ current, previous }) {
      const keys = { current: current.reveal(), ...(previous && { previous: previous.reveal() }) };
      const command = new PutSecretValueCommand({ SecretId: secretId, SecretString: JSON.stringify(keys) });
      try {
        await client.send(command, { abortSignal: AbortSignal.timeout(SECRETS_CALL_TIMEOUT_MS) });
      } catch (cause) {
        throw toSecretError(cause, 'write');
      }
    },
  };
}
