import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Clock } from '../../core/ports/clock.ts';
import type { CookieKeySource, CookieKeys } from '../../core/ports/cookie-key-source.ts';
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

export function createCookieKeySource(deps: CookieKeySourceDependencies): CookieKeySource {
  const read = remembered<CookieKeys>({ ...deps, load: () => loadKeys(deps), worthKeeping: () => true });
  return { read: () => read() };
}

async function loadKeys(deps: CookieKeySourceDependencies): Promise<CookieKeys> {
  const fields = (await readSecretJson(deps.client, deps.secretId)) ?? {};
  const current = secretField(fields, 'current');
  const previous = secretField(fields, 'previous');
  if (!current || current.reveal().length < SHORTEST_KEY) throw malformed();
  return previous ? { current, previous } : { current };
}
