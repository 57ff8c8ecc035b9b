import { Annotations, Stack } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';
import { CONNECTION_ID } from '../../client/contract.ts';
import { type ApiRoute, GET_ACCESS_TOKEN } from '../constructs/api-routes.ts';
import type { VaultEntrance } from '../constructs/vault-resources.ts';
import { DeploymentError } from '../deployment-error.ts';
import { openSealedTokens, readSealedTokens } from './access-token-statements.ts';
import { acknowledgeWildcard } from './acknowledge.ts';

export interface ConnectionGrant {
  /**
   * One connection id, all of a tenant (`acme.*`: its name may not hold a dot), all plain sign-ins (`adobe-*`), or `*`
   * for all. A list of these makes one set of statements, where a grant for each would soon exceed the quota of policies.
   */
  readonly connections: string | readonly string[];
}

/**
 * A caller of the vault: a function or its alias, a role, a user, a group. A function also gets the environment
 * variables that the client library reads.
 */
export type VaultCaller = IGrantable;

export interface RouteGrant extends ConnectionGrant {
  readonly routes: readonly ApiRoute[];
}

/**
 * Lets a caller use routes of the vault for some connections, and adds the vault's location to a function's
 * environment.
 */
export function grantRoutes(vault: VaultEntrance, caller: VaultCaller, grant: RouteGrant): void {
  const connections = patternsOf(grant);
  configure(caller, vault, addressOf(vault));
  if (vault.accessRoleArn !== undefined) {
    allow(caller, assumeRole(vault.accessRoleArn));
    return;
  }
  const resources = grant.routes.flatMap((route) =>
    patternsFor(route, connections).map((pattern) => vault.invokeArn(route, pattern)),
  );
  allow(caller, new PolicyStatement({ actions: ['execute-api:Invoke'], resources }));
  const principal = caller.grantPrincipal;
  if (!Construct.isConstruct(principal)) return;
  for (const resource of resources.filter((arn) => arn.includes('*'))) {
    acknowledgeWildcard(principal, resource, 'The pattern is the fence around these connections.');
  }
}

/** Lets a caller read stored access tokens of some connections directly, and ask the vault for the others. */
export function grantTokens(vault: VaultEntrance, caller: VaultCaller, grant: ConnectionGrant): void {
  const connections = patternsOf(grant);
  grantRoutes(vault, caller, { routes: [GET_ACCESS_TOKEN], connections });
  configure(caller, vault, clientEnvironment(vault));
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

/** Warns where the statement reaches no policy: such a caller would be denied at its first call. */
function allow(caller: VaultCaller, statement: PolicyStatement): void {
  const principal = caller.grantPrincipal;
  const { statementAdded } = principal.addToPrincipalPolicy(statement);
  if (statementAdded && !isImmutable(principal)) return;
  const scope = [principal, caller].find((one): one is typeof one & IConstruct => Construct.isConstruct(one));
  const what = `A grant of the token vault added nothing to ${scope?.node.path ?? 'its caller'}, whose policies this app cannot change.`;
  if (scope === undefined) throw new DeploymentError('GRANT_WITHOUT_EFFECT', what);
  Annotations.of(scope).addWarningV2(
    'adobe-token-vault:grantWithoutEffect',
    `${what} Add this statement there: ${JSON.stringify(Stack.of(scope).resolve(statement.toStatementJson()))}`,
  );
}

/** CDK's immutable roles accept a statement and drop it. Found by name, since another copy of the CDK has another class. */
function isImmutable(principal: object): boolean {
  return principal.constructor.name.startsWith('ImmutableRole');
}

interface HasEnvironment {
  readonly addEnvironment: (name: string, value: string) => unknown;
}

/** The vault whose variables a function holds. */
const configuredBy = new WeakMap<object, VaultEntrance>();

/** @throws DeploymentError `SECOND_VAULT`: variables of two vaults in one function would contradict each other */
function configure(
  caller: VaultCaller,
  vault: VaultEntrance,
  environment: Readonly<Record<string, string>>,
): void {
  const target = functionBehind(caller);
  if (target === undefined) return;
  const other = configuredBy.get(target);
  if (other !== undefined && other.apiId !== vault.apiId) {
    const path = Construct.isConstruct(target) ? target.node.path : 'The function';
    throw new DeploymentError(
      'SECOND_VAULT',
      `${path} already holds the environment of another token vault. Grant the second vault to the function's role (fn.role), and pass its url, region and directRead to createTokenClient.`,
    );
  }
  configuredBy.set(target, vault);
  for (const [name, value] of Object.entries(environment)) target.addEnvironment(name, value);
}

/** A function, or the one behind an alias or version. By shape, since a second copy of the CDK has other classes. */
function functionBehind(caller: object): HasEnvironment | undefined {
  if (hasEnvironment(caller)) return caller;
  const behind: unknown = Reflect.get(caller, 'lambda');
  return typeof behind === 'object' && behind !== null && hasEnvironment(behind) ? behind : undefined;
}

function hasEnvironment(value: object): value is HasEnvironment {
  return typeof Reflect.get(value, 'addEnvironment') === 'function';
}

function patternsOf({ connections }: ConnectionGrant): readonly string[] {
  const patterns = typeof connections === 'string' ? [connections] : [...new Set(connections)];
  if (patterns.length === 0) {
    throw new DeploymentError(
      'PATTERN_INVALID',
      'A grant needs at least one pattern of connections, such as acme.*.',
    );
  }
  for (const pattern of patterns) assertConnectionPattern(pattern);
  return patterns;
}

/** A route without a connection in its path is one resource, whatever the patterns. */
function patternsFor({ path }: ApiRoute, connections: readonly string[]): readonly string[] {
  return path.includes('{connectionId}') ? connections : connections.slice(0, 1);
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
