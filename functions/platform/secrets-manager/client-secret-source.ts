import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ClientSecretSource } from '../../core/ports/client-secret-source.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { ClientSecrets } from '../../core/ports/ims.ts';
import { readSecretJson, secretField } from './read-secret-json.ts';
import { remembered } from './remembered.ts';

export interface ClientSecretSourceDependencies {
  readonly client: SecretsManagerClient;
  readonly secretId: string;
  readonly cacheMs: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** The operator's JSON `{ "clientSecret": "…", "previousClientSecret": "…" }`; the second is optional. */
export function createClientSecretSource(deps: ClientSecretSourceDependencies): ClientSecretSource {
  const read = remembered<ClientSecrets | 'not-configured'>({
    ...deps,
    load: () => loadClientSecrets(deps),
    worthKeeping: (secrets) => secrets !== 'not-configured',
  });
  return { read };
}

async function loadClientSecrets(
  deps: ClientSecretSourceDependencies,
): Promise<ClientSecrets | 'not-configured'> {
  const fields = await readSecretJson(deps.client, deps.secretId);
  const current = fields && secretField(fields, 'clientSecret');
  if (!current) return 'not-configured';
  const previous = secretField(fields, 'previousClientSecret');
  return previous ? { current, previous } : { current };
}
