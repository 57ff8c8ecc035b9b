import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { defined } from '../../core/defined.ts';
import type { ClientSecretSource, StoredClientSecrets } from '../../core/ports/ims.ts';
import type { Clock } from '../../core/ports/platform.ts';
import { Secret } from '../../core/secret.ts';
import {
  fieldsOf,
  isJson,
  malformed,
  readSecretText,
  remembered,
  type SecretFields,
  secretField,
} from './secret-values.ts';

export interface ClientSecretSourceDependencies {
  readonly client: SecretsManagerClient;
  readonly secretId: string;
  readonly cacheMs: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** Otherwise each request would read the secret while Adobe refuses the credential. */
const RECHECKS = { most: 5, withinMs: 5_000 };

/**
 * The operator's JSON `{ "clientSecret": "…", "previousClientSecret": "…" }`; the second is optional. A value that holds no
 * readable client secret counts as not configured, until this process has read one: that one then stays in use.
 */
export function createClientSecretSource(deps: ClientSecretSourceDependencies): ClientSecretSource {
  const { clock } = deps;
  let hasRead = false;
  const read = remembered<StoredClientSecrets | 'not-configured'>({
    ...deps,
    async load() {
      const found = await inspectClientSecret(deps.client, deps.secretId);
      if (found.kind === 'stored') {
        hasRead = true;
        return found.secrets;
      }
      if (found.kind !== 'empty' && hasRead) throw malformed();
      return 'not-configured';
    },
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

export type InspectedClientSecret =
  | { readonly kind: 'stored'; readonly secrets: StoredClientSecrets }
  | { readonly kind: ClientSecretFault };

export type ClientSecretFault =
  /** No value, a blank one, or a JSON object without a client secret. */
  | 'empty'
  /** A JSON object with a member such as `client_secret`. */
  | 'other-name'
  /** The quotes of the command line were stored as well. */
  | 'quotes-kept'
  /** A shell took the quotes out of the JSON. */
  | 'quotes-lost'
  | 'malformed';

/** @throws PlatformError SECRET_UNAVAILABLE, ACCESS_DENIED */
export async function inspectClientSecret(
  client: SecretsManagerClient,
  secretId: string,
): Promise<InspectedClientSecret> {
  const { text, versionId } = await readSecretText(client, secretId);
  if (text === '') return { kind: 'empty' };
  if (BARE_SECRET.test(text) && !isJson(text)) {
    return { kind: 'stored', secrets: { current: new Secret(text), versionId } };
  }
  const fields = fieldsOf(text);
  return fields === undefined ? { kind: faultOf(text) } : fromFields(fields, versionId);
}

/** The secret itself, without any JSON around it. */
const BARE_SECRET = /^[\w.~+/=-]{8,}$/;

function fromFields(fields: SecretFields, versionId: string): InspectedClientSecret {
  const { clientSecret = '', previousClientSecret } = fields;
  if (!isOptionalText(clientSecret) || !isOptionalText(previousClientSecret)) return { kind: 'malformed' };
  const current = secretField(fields, 'clientSecret');
  const previous = secretField(fields, 'previousClientSecret');
  if (current) return { kind: 'stored', secrets: defined({ current, versionId, previous }) };
  const isOtherName = Object.keys(fields).some((name) => OTHER_NAME.test(name));
  return { kind: isOtherName ? 'other-name' : 'empty' };
}

const OTHER_NAME = /^client[_\s-]?secret$/i;

const isOptionalText = (value: unknown): boolean =>
  value === undefined || value === null || typeof value === 'string';

function faultOf(text: string): ClientSecretFault {
  if (/^['"‘’“”]/.test(text)) return 'quotes-kept';
  return /^\{\s*[^\s"}]/.test(text) ? 'quotes-lost' : 'malformed';
}
