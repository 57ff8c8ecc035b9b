import type { RotationResponse } from '../../client/contract.ts';
import type { ForceResult } from '../core/connection/force-rotation.ts';

type Outcome = Extract<ForceResult, { result: 'ended' }>['outcome'];

/** Attributes are picked one by one: what is added to an outcome later stays private until it is named here. */
export function rotationResponse(connectionId: string, outcome: Outcome): RotationResponse {
  const retryAfterMs = 'retryAfterMs' in outcome ? outcome.retryAfterMs : undefined;
  const reason = reasonOf(outcome);
  const jumpUrl = 'jumpUrl' in outcome ? outcome.jumpUrl : undefined;
  return {
    connectionId,
    outcome: outcome.outcome,
    ...(reason !== undefined && { reason }),
    ...(jumpUrl !== undefined && { userActionUrl: jumpUrl }),
    ...(retryAfterMs !== undefined && { retryAfterSeconds: Math.ceil(retryAfterMs / 1000) }),
  };
}

function reasonOf(outcome: Outcome): string | undefined {
  if ('reason' in outcome) return outcome.reason;
  return 'code' in outcome ? outcome.code : undefined;
}
