import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { defined } from '../../core/defined.ts';
import type { ClientSecretSource, StoredClientSecrets } from '../../core/ports/ims.ts';
import type { Clock } from '../../core/ports/platform.ts';
import { readSecretVersion, remembered, secretField } from './secret-values.ts';

export interface ClientSecretSourceDependencies {
  readonly client: SecretsManagerClient;
  readonly secretId: string;
  readonly cacheMs: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** Otherwise each request would read the secret while Adobe refuses the credential. */
const RECHECKS = { most: 5, withinMs: 5_000 };

/** The operator's JSON `{ "clientSecret": "…", "previousClientSecret": "…" }`; the second is optional. */
export function createClientSecretSource(deps: ClientSecretSourceDependencies): ClientSecretSource {
  const { clock } = deps;
  const read = remembered<StoredClientSecrets | 'not-configured'>({
    ...deps,
    load: () => loadClientSecrets(deps),
    worthKeeping: (secrets) => secrets !== 'not-configured',
  });
  const mayRecheck = createRecheckLimit(clock);
  return {
    read: ({ fresh = false, recheck = false } = {}) => read({ fresh: fresh || (recheck && mayRecheck()) }),
  };
}

function createRecheckLimit(clock: Pick<Clock, 'monotonicMs'>): () => boolean {
  let atMs: readonly number[] = [];
  return () => {
    const nowMs = clock.monotonicMs();
    atMs = atMs.filter((one) => nowMs - one < RECHECKS.withinMs);
    if (atMs.length >= RECHECKS.most) return false;
    atMs = [...atMs, nowMs];
    return true;
  };
}

async function loadClientSecrets(
  deps: ClientSecretSourceDependencies,
): Promise<StoredClientSecrets | 'not-configured'> {
  const stored = await readSecretVersion(deps.client, deps.secretId);
  const current = stored && secretField(stored.fields, 'clientSecret');
  if (!current) return 'not-configured';
  const { fields, versionId } = stored;
  const previous = secretField(fields, 'previousClientSecret');
  return defined({ current, versionId, previous });
}
