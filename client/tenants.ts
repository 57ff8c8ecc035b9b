import { AccessDeniedError, InvalidRequestError } from './vault-error.ts';
import type { CallVault } from './vault-http.ts';

/** The session tag that names the tenant, as `lib/iam/tenant-fence.ts` expects it. */
export const TENANT_TAG = 'tenant';
/** What may stand before the first dot of a connection id. */
const TENANT_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,125}$/;
/** Each holds separate credentials. A process that serves more tenants assumes the role more often. */
const MOST_TENANTS = 500;

/** @throws {InvalidRequestError} */
export function assertTenantName(tenant: unknown): asserts tenant is string {
  if (typeof tenant === 'string' && TENANT_NAME.test(tenant)) return;
  throw new InvalidRequestError(
    'The name of a tenant may have letters, digits, hyphens and underscores, and no dot. It is the part before the first dot of a connection id.',
  );
}

/** The clients of the tenants that were used last. */
export interface Tenants<Client> {
  of(tenant: string, create: () => Client): Client;
  all(): Iterable<Client>;
}

export function createTenants<Client>(): Tenants<Client> {
  const clients = new Map<string, Client>();
  return {
    of(tenant, create) {
      const client = clients.get(tenant) ?? create();
      // Again at the end: the first is the one that was not used for longest.
      clients.delete(tenant);
      clients.set(tenant, client);
      const [oldest = tenant] = clients.keys();
      if (clients.size > MOST_TENANTS) clients.delete(oldest);
      return client;
    },
    all: () => clients.values(),
  };
}

/** Adds to a denial which tenant the client acted for. */
export function namingTheFence(callVault: CallVault, words: string, tenant?: string): CallVault {
  return async (request, read, signal) => {
    try {
      return await callVault(request, read, signal);
    } catch (error) {
      if (!(error instanceof AccessDeniedError)) throw error;
      const { message, gatewayMessage } = error;
      throw new AccessDeniedError(`${words} ${message}`, {
        cause: error,
        ...(tenant !== undefined && { tenant }),
        ...(gatewayMessage !== undefined && { gatewayMessage }),
      });
    }
  };
}

export function fenceOf(tenant: string): string {
  return `The tenant fence: this client acts for ${tenant}, and reaches only connections whose ids begin with "${tenant}.".`;
}

export const NO_TENANT =
  'This client acts for no tenant. A grant of perTenant() needs forTenant(tenant), which reaches the connections of that tenant.';
