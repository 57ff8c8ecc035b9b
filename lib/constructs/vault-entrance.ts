import type { Stack } from 'aws-cdk-lib';
import type { ApiRoute } from './api-routes.ts';

/** What a grant needs to know of a vault: one of this app, or one that was deployed by another. */
export interface VaultEntrance {
  /** Scheme and host, without a trailing slash. */
  readonly apiUrl: string;
  readonly region: string;
  /** The client id of the Adobe credential: every token is bound to it. */
  readonly clientId: string;
  readonly accessTokensTableName: string;
  readonly accessTokensTableArn: string;
  readonly accessKeyArn: string;
  /** A role in the vault's account that callers assume. Absent: callers are granted permissions of their own. */
  readonly accessRoleArn: string | undefined;
  /** What `execute-api:Invoke` is granted on: one method and one path, as seen from the stack that holds the grant. */
  invokeArn(route: ApiRoute, connections: string, consumer: Stack): string;
}
