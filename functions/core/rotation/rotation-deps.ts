import type { AccessTokenStore } from '../ports/access-tokens.ts';
import type { ConnectionStore, SubjectIndex } from '../ports/connections.ts';
import type { EventPublisher, Telemetry } from '../ports/events.ts';
import type { ClientSecretSource, Ims } from '../ports/ims.ts';
import type { Clock, Random } from '../ports/platform.ts';
import type { BreakerStore } from '../ports/rotation.ts';
import type { Parking, RotationSchedules } from '../ports/schedules.ts';
import type { TokenOpener, TokenSealer } from '../ports/sealing.ts';
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
