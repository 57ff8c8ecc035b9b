import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

import type { CookieKeySource, CookieKeys } from '../../core/ports/consents.ts';
import type { Clock } from '../../core/ports/platform.ts';
import { malformed, readSecretJson, secretField } from './read-secret-json.ts';
import { remembered } from './remembered.ts';

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
