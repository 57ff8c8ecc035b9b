import { PutSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { CookieKeys } from '../../core/consent/cookie-keys.ts';
import { PlatformError } from '../../core/platform-error.ts';
import type { CookieKeySource, CookieKeyStore } from '../../core/ports/consents.ts';
import type { Clock } from '../../core/ports/platform.ts';
import { SECRET_WRITE_ERRORS, toPlatformError } from '../aws/aws-errors.ts';
import { SECRETS_CALL_TIMEOUT_MS } from '../aws/clients.ts';
import { MALFORMED, malformed, readSecretJson, remembered, secretField } from './secret-values.ts';

export interface CookieKeySourceDependencies {
  readonly client: SecretsManagerClient;
  readonly secretId: string;
  readonly cacheMs: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** Anything shorter was not generated. */
const SHORTEST_KEY = 32;
/** Whoever sends forged cookies must not make the secret be read for each of them. */
const FRESH_FOR_MS = 10_000;

export function createCookieKeySource(deps: CookieKeySourceDependencies): CookieKeySource {
  const read = remembered<CookieKeys>({
    ...deps,
    load: () => readCookieKeys(deps.client, deps.secretId),
    worthKeeping: () => true,
    freshForMs: FRESH_FOR_MS,
  });
  return { read };
}

/** @throws PlatformError SECRET_UNAVAILABLE, with reason `malformed` when there is no key; ACCESS_DENIED */
export async function readCookieKeys(client: SecretsManagerClient, secretId: string): Promise<CookieKeys> {
  const fields = (await readSecretJson(client, secretId)) ?? {};
  const current = secretField(fields, 'current');
  const previous = secretField(fields, 'previous');
  if (!current || current.reveal().length < SHORTEST_KEY) throw malformed();
  return previous ? { current, previous } : { current };
}

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
        throw toPlatformError(SECRET_WRITE_ERRORS, cause);
      }
    },
  };
}
