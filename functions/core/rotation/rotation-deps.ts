import type { AccessTokenStore } from '../ports/access-token-store.ts';
import type { BreakerStore } from '../ports/breaker-store.ts';
import type { ClientSecretSource } from '../ports/client-secret-source.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConnectionStore } from '../ports/connection-store.ts';
import type { EventPublisher } from '../ports/event-publisher.ts';
import type { Ims } from '../ports/ims.ts';
import type { Parking } from '../ports/parking.ts';
import type { Random } from '../ports/random.ts';
import type { RotationSchedules } from '../ports/rotation-schedules.ts';
import type { SubjectIndex } from '../ports/subject-index.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { TokenOpener, TokenSealer } from '../ports/token-sealer.ts';
import type { RevocationScope } from './displaced-tokens.ts';

/** Everything a rotation touches. */
export interface RotationDeps {
  readonly connections: ConnectionStore;
  readonly accessTokens: AccessTokenStore;
  readonly subjects: SubjectIndex;
  readonly breakers: BreakerStore;
  readonly sealer: TokenSealer;
  readonly opener: TokenOpener;
  readonly ims: Ims;
  readonly clientSecret: ClientSecretSource;
  readonly schedules: RotationSchedules;
  readonly parking: Parking;
  readonly events: EventPublisher;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly settings: RotationSettings;
}

export interface RotationSettings {
  readonly clientId: string;
  /** `*` and the narrower ones that may be vended. */
  readonly scopeSets: readonly string[];
  /** Whether revoking one token is known to leave the user's other grants alone. */
  readonly revocationScope: RevocationScope;
}
