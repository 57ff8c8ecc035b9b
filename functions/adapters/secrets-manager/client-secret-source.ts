import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { defined } from '../../core/defined.ts';
import type { ClientSecretSource, StoredClientSecrets } from '../../core/ports/ims.ts';
import type { Clock } from '../../core/ports/platform.ts';
import { Secret } from '../../core/secret.ts';
import { fieldsOf, malformed, readSecretText, remembered, type SecretFields } from './secret-values.ts';

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
  | {
      readonly kind: 'stored';
      readonly secrets: StoredClientSecrets;
      /** The JSON has members that the vault does not use, such as a `previousClientSecret` under another name. */
      readonly hasUnusedMembers: boolean;
    }
  | { readonly kind: ClientSecretFault };

export type ClientSecretFault =
  /** No value, a blank one, or a JSON object without a client secret. */
  | 'empty'
  /** A JSON object without a client secret, and with a member such as `client_secret`. */
  | 'other-name'
  /** The quotes of the command line were stored as well. */
  | 'quotes-kept'
  /** A shell took the quotes out of the JSON. */
  | 'quotes-lost'
  /** A secret with a character that no client secret has, such as the `…` of an example. */
  | 'other-characters'
  | 'malformed';

/** @throws PlatformError SECRET_UNAVAILABLE, ACCESS_DENIED */
export async function inspectClientSecret(
  client: SecretsManagerClient,
  secretId: string,
): Promise<InspectedClientSecret> {
  const { text, versionId } = await readSecretText(client, secretId);
  if (text === '') return { kind: 'empty' };
  if (BARE_SECRET.test(text) && !ASSIGNMENT.test(text)) {
    return {
      kind: 'stored',
      secrets: { current: new Secret(text), versionId },
      hasUnusedMembers: false,
    };
  }
  const fields = fieldsOf(text);
  return fields === undefined ? { kind: faultOf(text) } : fromFields(fields, versionId);
}

/** The secret itself, without any JSON around it: one word without quotes, brackets, commas or colons. */
const BARE_SECRET = /^[\w!#$%&()*+./;=?@^|~-]{8,1024}$/;
const ASSIGNMENT = /^(?:previous)?client[_-]?secret=/i;

function fromFields(fields: SecretFields, versionId: string): InspectedClientSecret {
  const { clientSecret, previousClientSecret, ...others } = fields;
  const hasOtherMembers = Object.keys(others).length > 0;
  if (isBlank(clientSecret)) return { kind: hasOtherMembers ? 'other-name' : 'empty' };
  const current = secretMember(clientSecret);
  if (typeof current === 'string') return { kind: current };
  // The current secret alone is enough: one that was replaced must not keep it from use.
  const previous = isBlank(previousClientSecret) ? undefined : secretMember(previousClientSecret);
  const isPreviousUnused = typeof previous === 'string';
  return {
    kind: 'stored',
    secrets: defined({ current, versionId, previous: isPreviousUnused ? undefined : previous }),
    hasUnusedMembers: hasOtherMembers || isPreviousUnused,
  };
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

/**
 * Printable ASCII, at most as much as can be sent.
 * @see https://www.rfc-editor.org/rfc/rfc6749#appendix-A.2
 */
const CLIENT_SECRET = /^[\x20-\x7e]{1,1024}$/;
const QUOTED = /^(["']).*\1$/s;

/** Without the white space that a paste may add. */
function secretMember(value: unknown): Secret | ClientSecretFault {
  if (typeof value !== 'string') return 'malformed';
  const text = value.trim();
  if (QUOTED.test(text)) return 'quotes-kept';
  return CLIENT_SECRET.test(text) ? new Secret(text) : 'other-characters';
}

function faultOf(text: string): ClientSecretFault {
  if (/^['"‘’“”]/.test(text)) return 'quotes-kept';
  return /^\{\s*[^\s"}]/.test(text) ? 'quotes-lost' : 'malformed';
}
