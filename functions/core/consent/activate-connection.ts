import { knownScopeSets, type SealedAccessToken } from '../access-tokens/access-token-record.ts';
import { liveAccessTokens } from '../access-tokens/invalidate-access-tokens.ts';
import type { Connection, ConnectionEvent } from '../connection/connection.ts';
import { type DueSchedule, planNextDue, scheduleFor } from '../connection/due.ts';
import { isFarAhead } from '../connection/generation.ts';
import { TOMBSTONE_LIFE_MS, ttlEpochSecondsAt } from '../connection/lifetime.ts';
import { retryConflicts } from '../connection/retry-conflicts.ts';
import { EVERYTHING_GRANTED } from '../connection/sealed-token.ts';
import { type Deadline, persist } from '../deadline.ts';
import { defined } from '../defined.ts';
import type { AccessTokenStore } from '../ports/access-tokens.ts';
import type { ConnectionStore } from '../ports/connections.ts';
import type { Telemetry } from '../ports/events.ts';
import type { Clock, Random } from '../ports/platform.ts';
import type { RotationSchedules } from '../ports/scheduling.ts';
import { ttlEpochSecondsOf } from '../rotation/publish.ts';
import { createDueSchedule } from '../rotation/run.ts';
import { isOtherSubject, keepsPrevious, takingThePlaceOf } from './consent-connection.ts';
import { randomHandle } from './transaction.ts';

export interface ActivateDeps {
  readonly schedules: RotationSchedules;
  readonly telemetry: Telemetry;
  readonly connections: Pick<ConnectionStore, 'read' | 'replaceGeneration'>;
  readonly accessTokens: AccessTokenStore;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Activation {
  /** The consent, sealed under its own generation, version 1. */
  readonly consent: Connection;
  readonly replace: boolean;
  /** Of the consent's code. A mark with this digest ends. */
  readonly codeDigest?: string;
}

export type ActivationResult =
  | { readonly outcome: 'activated'; readonly connection: Connection; readonly newSchedule?: DueSchedule }
  | { readonly outcome: 'kept-previous'; readonly connection: Connection }
  /** A newer consent or a disconnect came first. */
  | { readonly outcome: 'superseded'; readonly connection: Connection };

/** Rotations of the old connection may come in between. Each causes one conflict. */
const MAX_TRIES = 9;

/**
 * Writes the consent's generation with one conditional write on exactly what was read before it. If the reply is lost, the next
 * read decides: the stored generation is the consent's or it is not. Throws `PlatformError` when time is up.
 */
export async function activateConnection(
  deps: ActivateDeps,
  activation: Activation,
  deadline: Deadline,
): Promise<ActivationResult> {
  const connected = connectedEvent(deps, activation.consent);
  const read = () => deps.connections.read(activation.consent.connectionId);
  const result = await persist(deps.clock, deadline, () =>
    retryConflicts({ read, maxTries: MAX_TRIES }, (stored) =>
      activateOver(deps, stored, activation, connected),
    ),
  );
  if (result === 'contended') throw new Error('The connection changed too often to be replaced.');
  return result;
}

async function activateOver(
  deps: ActivateDeps,
  stored: Connection | undefined,
  { consent, codeDigest, replace }: Activation,
  connected: ConnectionEvent,
): Promise<ActivationResult | 'conflict'> {
  const nowMs = deps.clock.nowMs();
  if (stored !== undefined && stored.generation === consent.generation) {
    const newSchedule = stored.schedule && scheduleFor(stored, stored.schedule, nowMs);
    return defined({ outcome: 'activated', connection: stored, newSchedule } as const);
  }
  if (stored !== undefined && isOvertaken(consent, stored, nowMs)) {
    return { outcome: 'superseded', connection: stored };
  }
  if (stored !== undefined && !replace && keepsPrevious(stored, consent, nowMs)) {
    return { outcome: 'kept-previous', connection: stored };
  }
  const ended = isOtherSubject(stored, consent) ? await liveAccessTokens(deps, consent.connectionId) : [];
  const plan = planNextDue(takingThePlaceOf(stored, consent, [connected], ended, codeDigest), {}, nowMs);
  // Before the write: if this process dies right after it, the old user's access token lives for minutes, not until the reconciler runs.
  if (isOtherSubject(stored, consent)) await createDueSchedule(deps, plan.newSchedule);
  const written = await deps.connections.replaceGeneration(plan.after, stored ?? 'nothing');
  if (written === 'conflict') return 'conflict';
  const { after, newSchedule } = plan;
  return defined({ outcome: 'activated', connection: after, newSchedule } as const);
}

/** A generation far ahead was not minted by the vault, so it does not keep a consent out. */
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

export interface PublishDeps {
  readonly accessTokens: AccessTokenStore;
  readonly clock: Clock;
  /** `*` and the narrower ones. */
  readonly scopeSets: readonly string[];
}

/**
 * Writes the consent's access token to the cache, and tombstones of its generation over every other token that is or may be
 * there. Only something newer replaces either, so repeating it is safe. Throws `PlatformError` when time is up.
 */
export async function publishConsent(
  { accessTokens, clock, scopeSets }: PublishDeps,
  { connectionId, generation }: Connection,
  accessToken: SealedAccessToken | undefined,
  deadline: Deadline,
): Promise<void> {
  const ttlEpochSeconds = ttlEpochSecondsAt(clock.nowMs() + TOMBSTONE_LIFE_MS);
  const invalidateOlder = (scopeSet: string) =>
    persist(clock, deadline, () =>
      accessTokens.invalidateOlder(connectionId, scopeSet, generation, ttlEpochSeconds),
    );
  const publish = (token: SealedAccessToken) =>
    persist(clock, deadline, () => accessTokens.publish(token, ttlEpochSecondsOf(token)));
  const invalidateOthers = async () => {
    const cached = await persist(clock, deadline, () => accessTokens.list(connectionId));
    const known = knownScopeSets(scopeSets, cached);
    const others = accessToken ? known.filter((scopeSet) => scopeSet !== EVERYTHING_GRANTED) : known;
    await Promise.all(others.map(invalidateOlder));
  };
  await Promise.all([accessToken && publish(accessToken), invalidateOthers()]);
}
