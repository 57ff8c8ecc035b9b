import type { Stack } from 'aws-cdk-lib';
import type { ApiRoute } from './api-routes.ts';

/** What a grant needs to know about a vault, in this app or deployed by another. */
export interface VaultEntrance {
  /** Scheme and host, without a trailing slash. */
  readonly apiUrl: string;
  readonly region: string;
  /** The client id of the Adobe credential: every token is bound to it. */
  readonly clientId: string;
  readonly accessTokensTableName: string;
  readonly accessTokensTableArn: string;
  readonly accessKeyArn: string;
  /** A role in the vault's account that callers assume. Absent: the grant goes to the caller itself. */
  readonly accessRoleArn: string | undefined;
  /** The ARN to grant `execute-api:Invoke` on: one method and one path, as seen from the stack that holds the grant. */
  invokeArn(route: ApiRoute, connections: string, consumer: Stack): string;
}
