import type { Connection } from '../connection/connection.ts';
import type { ClientSecrets } from '../ports/ims.ts';
import type { PreparedSeal } from '../ports/sealing.ts';
import type { CompleteDeps } from './complete-deps.ts';

export interface PreparedExchange {
  readonly clientSecrets: ClientSecrets;
  /** Absent for a plain sign-in, whose connection is known only by the answer. */
  readonly place?: PreparedPlace;
}

/** Where tokens will be kept: what is stored there now, and the data keys to seal them with. */
export interface PreparedPlace {
  readonly connectionId: string;
  readonly stored?: Connection;
  readonly refreshSeal: PreparedSeal;
  readonly accessSeal: PreparedSeal;
}

/**
 * All that can fail harmlessly, done before the state is consumed and the code is used. Throws what the ports throw.
 * Data keys are bound to the connectionId, so a plain sign-in can fetch them only after the answer.
 */
export async function prepareExchange(
  deps: Pick<CompleteDeps, 'clientSecret' | 'connections' | 'sealer' | 'settings'>,
  connectionId: string | undefined,
): Promise<PreparedExchange | 'not-configured'> {
  const [clientSecrets, place] = await Promise.all([
    deps.clientSecret.read(),
    connectionId === undefined ? undefined : preparePlace(deps, connectionId),
  ]);
  if (clientSecrets === 'not-configured') return 'not-configured';
  return { clientSecrets, ...(place && { place }) };
}

export async function preparePlace(
  { connections, sealer, settings }: Pick<CompleteDeps, 'connections' | 'sealer' | 'settings'>,
  connectionId: string,
): Promise<PreparedPlace> {
  const { clientId } = settings;
  const [stored, refreshSeal, accessSeal] = await Promise.all([
    connections.read(connectionId),
    sealer.prepare({ purpose: 'refresh', connectionId, clientId }),
    sealer.prepare({ purpose: 'access', connectionId, clientId }),
  ]);
  return { connectionId, refreshSeal, accessSeal, ...(stored && { stored }) };
}
