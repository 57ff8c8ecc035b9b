import type { Connection } from '../connection/connection.ts';
import type { PendingRevocation, SealBinding, SealedRefreshToken } from '../connection/sealed-token.ts';
import type { ClientSecrets } from '../ports/ims.ts';
import type { PreparedSeal } from '../ports/sealing.ts';
import type { Secret } from '../secret.ts';
import type { RotationDeps } from './run.ts';

/** All that can fail harmlessly, done before anything is at stake. */
export interface Prepared {
  readonly refreshToken: Secret;
  readonly clientSecrets: ClientSecrets;
  readonly refreshSeal: PreparedSeal;
  readonly accessSeal: PreparedSeal;
}

/**
 * Opens the token to post and fetches the data keys for its successors. Throws what the ports throw
 * (`SEAL_BROKEN`, `KEY_UNKNOWN`, `KEY_UNAVAILABLE`, `SECRET_UNAVAILABLE`, `ACCESS_DENIED`).
 */
export async function prepare(
  deps: Pick<RotationDeps, 'opener' | 'sealer' | 'clientSecret'>,
  connection: Connection,
  token: SealedRefreshToken,
): Promise<Prepared | 'not-configured'> {
  const [clientSecrets, refreshToken, seals] = await Promise.all([
    deps.clientSecret.read(),
    deps.opener.open(token.sealed, refreshBinding(connection, token)),
    prepareSeals(deps, connection),
  ]);
  if (clientSecrets === 'not-configured') return 'not-configured';
  return { refreshToken, clientSecrets, ...seals };
}

/** The data keys for one answer: a prepared seal seals one token. */
export async function prepareSeals(
  { sealer }: Pick<RotationDeps, 'sealer'>,
  { connectionId, clientId }: Pick<Connection, 'connectionId' | 'clientId'>,
): Promise<Pick<Prepared, 'refreshSeal' | 'accessSeal'>> {
  const [refreshSeal, accessSeal] = await Promise.all([
    sealer.prepare({ purpose: 'refresh', connectionId, clientId }),
    sealer.prepare({ purpose: 'access', connectionId, clientId }),
  ]);
  return { refreshSeal, accessSeal };
}

export function refreshBinding(
  connection: Pick<Connection, 'connectionId' | 'clientId'>,
  token: Pick<SealedRefreshToken, 'generation' | 'version'>,
) {
  return {
    purpose: 'refresh',
    connectionId: connection.connectionId,
    clientId: connection.clientId,
    generation: token.generation,
    version: token.version,
  } as const;
}

/** What a sealed token that IMS must still be told to revoke is bound to. */
export function revocationBinding(
  connection: Pick<Connection, 'connectionId' | 'clientId'>,
  { kind, token }: PendingRevocation,
): SealBinding {
  if (kind === 'refresh') return refreshBinding(connection, token);
  const { connectionId, clientId } = connection;
  const { generation, version, scopeSet, expiresAtMs } = token;
  return { purpose: 'access', connectionId, clientId, generation, version, scopeSet, expiresAtMs };
}
