import type { AccessTokenStore } from '../ports/access-token-store.ts';
import type { AuthorizationEndpoint } from '../ports/authorization-endpoint.ts';
import type { ClientSecretSource } from '../ports/client-secret-source.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConnectionStore } from '../ports/connection-store.ts';
import type { ConsentStore } from '../ports/consent-store.ts';
import type { Ims } from '../ports/ims.ts';
import type { Random } from '../ports/random.ts';
import type { RotationSchedules } from '../ports/rotation-schedules.ts';
import type { SubjectIndex } from '../ports/subject-index.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { TokenSealer } from '../ports/token-sealer.ts';
import type { TransactionKeeper } from '../ports/transaction-keeper.ts';

/** Everything the callback touches. */
export interface CompleteDeps {
  readonly attempts: Pick<TransactionKeeper, 'find'>;
  readonly authorization: Pick<AuthorizationEndpoint, 'readResponse'>;
  readonly consents: ConsentStore;
  readonly connections: Pick<ConnectionStore, 'read' | 'begin' | 'update'>;
  readonly subjects: SubjectIndex;
  readonly accessTokens: AccessTokenStore;
  readonly sealer: TokenSealer;
  readonly ims: Pick<Ims, 'exchangeCode'>;
  readonly clientSecret: ClientSecretSource;
  readonly schedules: RotationSchedules;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly settings: CompleteSettings;
}

interface CompleteSettings {
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** The redirect URI, exactly as it was sent with the authorization request. */
  readonly callbackUrl: string;
  readonly returnUrls: readonly string[];
  /** Name and e-mail address are kept with the connection. */
  readonly storeProfile: boolean;
  /** Whether revoking one token is known to leave the user's other grants alone. */
  readonly revocationScope: 'unknown' | 'token' | 'user';
  /** `*` and the narrower ones. */
  readonly scopeSets: readonly string[];
}
