import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
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

export interface RouteGrant extends ConnectionGrant {
  /** Names the statement. */
  readonly sid: string;
  readonly routes: readonly ApiRoute[];
}

/** Lets a function call routes of the vault for some connections, and tells it where the vault is. */
export function grantRoutes(api: VaultApi, consumer: LambdaFunction, grant: RouteGrant): void {
  const { sid, routes, connections } = grant;
  assertConnectionPattern(connections);
  const resources = routes.map((route) => api.invokeArn(route, connections, Stack.of(consumer)));
  consumer.addToRolePolicy(new PolicyStatement({ sid, actions: ['execute-api:Invoke'], resources }));
  consumer.addEnvironment(VAULT_URL_VARIABLE, api.url);

  for (const resource of resources.filter((arn) => arn.includes('*'))) {
    acknowledgeWildcard(
      consumer.role ?? consumer,
      resource,
      'The pattern is the fence around these connections.',
    );
  }
}
