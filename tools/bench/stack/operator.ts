import type { VaultWorld } from '../../../test/support/vault/vault-world.ts';

const HOUR_MS = 3_600_000;
const HOURS_OF_A_QUARTER = 6;

/** What only operators and schedules do, without the gateway. */
export function createOperator({ stack, api, passUntil, clock }: VaultWorld) {
  const invoke = async (functionName: string, event: object): Promise<void> => {
    const { functionError, payload } = await stack.invoke(`AdobeTokenVault-${functionName}`, event);
    const { statusCode = 200 } = payload as { readonly statusCode?: number };
    if (functionError !== undefined || statusCode >= 400)
      throw new Error(`${functionName} failed: ${JSON.stringify(payload)}`);
  };
  const request = (routeKey: string, more: object = {}) =>
    invoke('connections', { version: '2.0', routeKey, headers: {}, requestContext: {}, ...more });

  return {
    list: () => request('GET /connections', { rawQueryString: 'limit=200' }),
    rotate: (connectionId: string) =>
      request('POST /connections/{connectionId}/rotations', { pathParameters: { connectionId } }),
    reconcile: () => invoke('reconcile', {}),
    /** The reconciler takes its census only every sixth hour: moves to this number of hours after one. */
    toHourAfterCensus: (hours: number) =>
      passUntil(
        (Math.floor(clock.nowMs() / HOUR_MS / HOURS_OF_A_QUARTER + 1) * HOURS_OF_A_QUARTER + hours + 0.5) *
          HOUR_MS,
      ),
    async rotationAt(connectionId: string): Promise<number> {
      const status = await api.status(connectionId);
      const dueAt = status.ok ? status.value.nextRotationAt : undefined;
      if (dueAt === undefined) throw new Error(`${connectionId} has no rotation ahead.`);
      return Date.parse(dueAt);
    },
  };
}
