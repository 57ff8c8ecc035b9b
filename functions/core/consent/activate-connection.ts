import type { Connection, ConnectionEvent } from '../connection/connection.ts';
import { type DueSchedule, planNextDue, scheduleFor } from '../connection/due.ts';
import { isFarAhead } from '../connection/generation.ts';
import type { Deadline } from '../deadline.ts';
import type { AccessTokenStore } from '../ports/access-tokens.ts';
import type { ConnectionStore } from '../ports/connections.ts';
import type { Telemetry } from '../ports/events.ts';
import type { Clock, Random } from '../ports/platform.ts';
import type { RotationSchedules } from '../ports/schedules.ts';
import { createDueSchedule } from '../rotation/run.ts';
import { isOtherSubject, keepsPrevious, takingThePlaceOf } from './consent-connection.ts';
import { liveAccessTokens } from './live-access-tokens.ts';
import { persist } from './persist.ts';
import { randomHandle } from './random-handle.ts';

export interface ActivateDeps {
  readonly schedules: RotationSchedules;
  readonly telemetry: Telemetry;
  readonly connections: Pick<ConnectionStore, 'read' | 'begin'>;
  readonly accessTokens: AccessTokenStore;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Activation {
  /** The consent, sealed under a generation of its own, version 1. */
  readonly consent: Connection;
  readonly replace: boolean;
  /** Of its code, which ends its mark. */
  readonly codeDigest?: string;
}

export type ActivationResult =
  | { readonly result: 'activated'; readonly connection: Connection; readonly newSchedule?: DueSchedule }
  | { readonly result: 'kept-previous'; readonly connection: Connection }
  /** A newer consent or a disconnect came first. */
  | { readonly result: 'superseded'; readonly connection: Connection };

/** Rotations of the old connection may come in between, each once. */
const MAX_LOST_RACES = 8;

/**
 * Brings the consent's generation in with one conditional write on exactly what was read before it. A write whose reply was
 * lost is settled by reading: the stored generation is ours or it is not. Throws `PlatformError` when time is up.
 */
export async function activateConnection(
  deps: ActivateDeps,
  activation: Activation,
  deadline: Deadline,
): Promise<ActivationResult> {
  const connected = connectedEvent(deps, activation.consent);
  for (let races = 0; ; races += 1) {
    const result = await persist(deps.clock, deadline, () => activateOnce(deps, activation, connected));
    if (result !== 'conflict') return result;
    if (races >= MAX_LOST_RACES) throw new Error('The connection changed too often to be replaced.');
  }
}

async function activateOnce(
  deps: ActivateDeps,
  { consent, codeDigest, replace }: Activation,
  connected: ConnectionEvent,
): Promise<ActivationResult | 'conflict'> {
  const nowMs = deps.clock.nowMs();
  const stored = await deps.connections.read(consent.connectionId);
  if (stored !== undefined && stored.generation === consent.generation) {
    const newSchedule = stored.schedule && scheduleFor(stored, stored.schedule, nowMs);
    return { result: 'activated', connection: stored, ...(newSchedule && { newSchedule }) };
  }
  if (stored !== undefined && isOvertaken(consent, stored, nowMs)) {
    return { result: 'superseded', connection: stored };
  }
  if (stored !== undefined && !replace && keepsPrevious(stored, consent, nowMs)) {
    return { result: 'kept-previous', connection: stored };
  }
  const ended = isOtherSubject(stored, consent) ? await liveAccessTokens(deps, consent.connectionId) : [];
  const plan = planNextDue(takingThePlaceOf(stored, consent, [connected], ended, codeDigest), {}, nowMs);
  // Before the write: whoever dies right after it leaves the old user's access token for minutes, not until the reconciler comes.
  if (isOtherSubject(stored, consent)) await createDueSchedule(deps, plan.newSchedule);
  const written = await deps.connections.begin(plan.after, stored ?? 'nothing');
  if (written === 'conflict') return 'conflict';
  return {
    result: 'activated',
    connection: plan.after,
    ...(plan.newSchedule && { newSchedule: plan.newSchedule }),
  };
}

/** A generation far ahead was not minted by us: it keeps nobody out. */
function isOvertaken(consent: Connection, stored: Connection, nowMs: number): boolean {
  return stored.generation > consent.generation && !isFarAhead(stored.generation, nowMs);
}

function connectedEvent({ clock, random }: ActivateDeps, consent: Connection): ConnectionEvent {
  return {
    id: randomHandle(random, 16),
    type: 'Connected',
    atMs: clock.nowMs(),
    generation: consent.generation,
    detail: { renewable: consent.renewable, scopes: consent.grantedScopes.join(' ') },
  };
}
