import type { AccessTokenStore } from '../ports/access-tokens.ts';
import type { ConnectionStore, SubjectIndex } from '../ports/connections.ts';
import type { ConsentStore, TransactionKeeper } from '../ports/consents.ts';
import type { Telemetry } from '../ports/events.ts';
import type { AuthorizationEndpoint, ClientSecretSource, Ims } from '../ports/ims.ts';
import type { Clock, Random } from '../ports/platform.ts';
import type { RotationSchedules } from '../ports/schedules.ts';
import type { TokenSealer } from '../ports/sealing.ts';

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
