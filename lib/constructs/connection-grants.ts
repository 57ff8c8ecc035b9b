import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { acknowledgeWildcard } from '../acknowledge.ts';
import { assertConnectionPattern } from '../connection-pattern.ts';
import type { ApiRoute } from './api-routes.ts';
import type { VaultApi } from './vault-api.ts';

export interface ConnectionGrant {
  /** One connectionId, a prefix that ends in a separator (`acme.*`), or `*` for all. */
  readonly connections: string;
}

/** The variable in which the client library finds the vault. */
const VAULT_URL_VARIABLE = 'ADOBE_TOKEN_VAULT_URL';

/** Who may call the vault: a function, or the role that a server runs with. */
export type VaultCaller = LambdaFunction | Role;

export interface RouteGrant extends ConnectionGrant {
  readonly routes: readonly ApiRoute[];
}

/** Lets a caller use routes of the vault for some connections, and tells a function where the vault is. */
export function grantRoutes(api: VaultApi, caller: VaultCaller, grant: RouteGrant): void {
  const { routes, connections } = grant;
  assertConnectionPattern(connections);
  const resources = routes.map((route) => api.invokeArn(route, connections, Stack.of(caller)));
  // Without an id, which a second grant to the same caller would repeat.
  const statement = new PolicyStatement({ actions: ['execute-api:Invoke'], resources });
  caller.grantPrincipal.addToPrincipalPolicy(statement);
  if (caller instanceof LambdaFunction) caller.addEnvironment(VAULT_URL_VARIABLE, api.url);

  for (const resource of resources.filter((arn) => arn.includes('*'))) {
    acknowledgeWildcard(roleOf(caller), resource, 'The pattern is the fence around these connections.');
  }
}

function roleOf(caller: VaultCaller): IConstruct {
  return caller instanceof LambdaFunction ? (caller.role ?? caller) : caller;
}
