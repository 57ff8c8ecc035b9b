import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { CONNECTION_ID } from '../../client/contract.ts';
import { type ApiRoute, GET_ACCESS_TOKEN } from '../constructs/api-routes.ts';
import type { VaultEntrance } from '../constructs/vault-resources.ts';
import { DeploymentError } from '../deployment-error.ts';
import { openSealedTokens, readSealedTokens } from './access-token-statements.ts';
import { acknowledgeWildcard } from './acknowledge.ts';

export interface ConnectionGrant {
  /**
   * One connectionId, all of a tenant (`acme.*`: its name may not hold a dot), all plain sign-ins (`adobe-*`), or `*` for all.
   */
  readonly connections: string;
}

/** A caller of the vault: a function, or the role that a server runs with. */
export type VaultCaller = LambdaFunction | Role;

export interface RouteGrant extends ConnectionGrant {
  readonly routes: readonly ApiRoute[];
}

/**
 * Lets a caller use routes of the vault for some connections, and adds the vault's location to a function's
 * environment.
 */
export function grantRoutes(vault: VaultEntrance, caller: VaultCaller, grant: RouteGrant): void {
  const { routes, connections } = grant;
  assertConnectionPattern(connections);
  configure(caller, addressOf(vault));
  if (vault.accessRoleArn !== undefined) {
    allow(caller, assumeRole(vault.accessRoleArn));
    return;
  }
  const resources = routes.map((route) => vault.invokeArn(route, connections, Stack.of(caller)));
  allow(caller, new PolicyStatement({ actions: ['execute-api:Invoke'], resources }));
  for (const resource of resources.filter((arn) => arn.includes('*'))) {
    acknowledgeWildcard(roleOf(caller), resource, 'The pattern is the fence around these connections.');
  }
}

/** Lets a caller read stored access tokens of some connections directly, and ask the vault for the others. */
export function grantTokens(
  vault: VaultEntrance,
  caller: VaultCaller,
  { connections }: ConnectionGrant,
): void {
  grantRoutes(vault, caller, { routes: [GET_ACCESS_TOKEN], connections });
  configure(caller, clientEnvironment(vault));
  if (vault.accessRoleArn !== undefined) return;
  allow(caller, readSealedTokens(vault, connections));
  allow(caller, openSealedTokens(vault, connections));
}

/** For callers that are not functions of this app, such as containers. */
export function clientEnvironment(vault: VaultEntrance): Readonly<Record<string, string>> {
  return {
    ...addressOf(vault),
    ADOBE_TOKEN_VAULT_TABLE: vault.accessTokensTableName,
    ADOBE_TOKEN_VAULT_KEY_ARN: vault.accessKeyArn,
    ADOBE_TOKEN_VAULT_CLIENT_ID: vault.clientId,
  };
}

/**
 * The variables that the client reads. Without the three that `clientEnvironment` adds, the client asks over HTTPS
 * only.
 */
function addressOf({ apiUrl, region, accessRoleArn }: VaultEntrance): Record<string, string> {
  return {
    ADOBE_TOKEN_VAULT_URL: apiUrl,
    ADOBE_TOKEN_VAULT_REGION: region,
    ...(accessRoleArn !== undefined && { ADOBE_TOKEN_VAULT_ROLE_ARN: accessRoleArn }),
  };
}

function assumeRole(roleArn: string): PolicyStatement {
  return new PolicyStatement({ actions: ['sts:AssumeRole'], resources: [roleArn] });
}

function allow(caller: VaultCaller, statement: PolicyStatement): void {
  caller.grantPrincipal.addToPrincipalPolicy(statement);
}

function configure(caller: VaultCaller, environment: Readonly<Record<string, string>>): void {
  if (!(caller instanceof LambdaFunction)) return;
  for (const [name, value] of Object.entries(environment)) caller.addEnvironment(name, value);
}

function roleOf(caller: VaultCaller): IConstruct {
  return caller instanceof LambdaFunction ? (caller.role ?? caller) : caller;
}

const TENANT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,126}\.\*$/;
/** Connections of plain sign-ins. The vault derives these ids, and apps cannot choose them. */
const SIGN_INS = 'adobe-*';

/**
 * Checks the pattern of a grant: one id, all of one tenant (`acme.*`), all plain sign-ins (`adobe-*`), or all (`*`).
 * Only a dot ends the name of a tenant: `acme*` would also match `acmeco.user-1`, and `acme-*` would match
 * `acme-labs.user-1`.
 */
export function assertConnectionPattern(pattern: string): void {
  if (pattern === '*' || pattern === SIGN_INS || CONNECTION_ID.test(pattern) || TENANT.test(pattern)) return;
  throw new DeploymentError(
    'PATTERN_INVALID',
    `"${pattern}" is not a pattern of connections: write one id, a prefix that ends in a dot such as acme.*, ${SIGN_INS} for plain sign-ins, or * for all.`,
  );
}
