import type { RotateOutcome } from '../../core/rotation/rotate-request.ts';

const OUTCOMES: Readonly<Record<RotateOutcome['outcome'], true>> = {
  rotated: true,
  'already-fresh': true,
  busy: true,
  waiting: true,
  unknown: true,
  suspect: true,
  'reauthorization-required': true,
  'user-action-required': true,
  'not-renewable': true,
  'not-found': true,
  degraded: true,
  'scopes-refused': true,
  parked: true,
  recovered: true,
  superseded: true,
  disconnecting: true,
  disconnected: true,
  'access-tokens-revoked': true,
  idle: true,
};

export function readRotateOutcome(payload: Uint8Array | undefined): RotateOutcome | undefined {
  return readOutcome(payload, OUTCOMES);
}

/** Reads what `rotate` returned; `undefined` when it is no such outcome. Both ends are deployed together, so its name decides. */
export function readOutcome<Outcome extends { readonly outcome: string }>(
  payload: Uint8Array | undefined,
  outcomes: Readonly<Record<Outcome['outcome'], true>>,
): Outcome | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(payload ?? []).toString('utf8'));
    return isOneOf(value, outcomes) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isOneOf<Outcome extends { readonly outcome: string }>(
  value: unknown,
  outcomes: Readonly<Record<Outcome['outcome'], true>>,
): value is Outcome {
  return (
    typeof value === 'object' &&
    value !== null &&
    'outcome' in value &&
    typeof value.outcome === 'string' &&
    Object.hasOwn(outcomes, value.outcome)
  );
}
