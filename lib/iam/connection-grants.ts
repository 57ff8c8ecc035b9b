import { Token } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { CONNECTION_ID } from '../../client/contract.ts';
import {
  PARTS_VARIABLE,
  partsText,
  VAULT_VARIABLES,
  type VaultVariables,
  variableName,
} from '../../client/vault-variables.ts';
import { type ApiRoute, GET_ACCESS_TOKEN } from '../constructs/api-routes.ts';
import { checkEnvironmentOf } from '../constructs/environment-size.ts';
import type { VaultEntrance } from '../constructs/vault-resources.ts';
import { DeploymentError } from '../deployment-error.ts';
import { isLookedUpLater } from '../settings/deploy-time-values.ts';
import { openSealedTokens, readSealedTokens } from './access-token-statements.ts';
import { acknowledgeWildcard } from './acknowledge.ts';
import { CONNECTIONS_OF_THE_TAG, type PerTenant, tenantRoleOf, warnOfOpenFence } from './tenant-fence.ts';
import {
  allow,
  assertWithinReach,
  configurableFunction,
  grantable,
  type VaultCaller,
} from './vault-caller.ts';

/** Which connections a caller may act for. */
export interface ConnectionGrant {
  /**
   * One connection id, all of a tenant (`acme.*`: its name may not hold a dot), all plain sign-ins (`adobe-*`), or `*`
   * for all. A list of these makes one set of statements, where a grant for each would soon exceed the quota of policies.
   * `perTenant()`: those of the tenant that the caller names at run time.
   */
  readonly connections: string | readonly string[] | PerTenant;
}

export interface RouteGrant extends ConnectionGrant {
  readonly routes: readonly ApiRoute[];
}

/**
 * Lets a caller use routes of the vault for some connections, and adds the vault's location to a function's
 * environment.
 */
export function grantRoutes(vault: VaultEntrance, caller: VaultCaller, grant: RouteGrant): void {
  const { holder, patterns } = holderOf(vault, grantable(caller), grant);
  if (holder !== undefined) allowRoutes(vault, holder, grant.routes, patterns);
}

/** Lets a caller read stored access tokens of some connections directly, and ask the vault for the others. */
export function grantTokens(vault: VaultEntrance, caller: VaultCaller, grant: ConnectionGrant): void {
  const grantee = grantable(caller);
  const { holder, patterns } = holderOf(vault, grantee, grant);
  configure(grantee, vault, directReadOf(vault));
  warnOfOpenFence(vault, grantee, isPerTenant(grant.connections) ? grant.connections : patterns);
  if (holder !== undefined) allowTokens(vault, holder, patterns);
}

/** What a role in the vault's account needs, whose sessions each have the tag of one tenant. */
export function allowTokensOfTheTag(vault: VaultEntrance, role: IGrantable): void {
  allowTokens(vault, role, [CONNECTIONS_OF_THE_TAG]);
}

/** What gets the permissions: the caller, or a role that it assumes. */
interface Holder {
  /** Absent: the app of the vault's account gave them to a role. */
  readonly holder: IGrantable | undefined;
  readonly patterns: readonly string[];
}

function holderOf(vault: VaultEntrance, caller: IGrantable, grant: ConnectionGrant): Holder {
  // A caller in JavaScript may forget the grant.
  const { connections } = (grant ?? {}) as Partial<ConnectionGrant>;
  const { accessRoleArn } = vault;
  const patterns = isPerTenant(connections) ? [] : patternsOf(connections);
  assertWithinReach(vault, caller);
  if (isPerTenant(connections)) return tenantHolderOf(vault, caller);
  configure(caller, vault, addressOf(vault));
  if (accessRoleArn === undefined) return { holder: caller, patterns };
  allow(caller, new PolicyStatement({ actions: ['sts:AssumeRole'], resources: [accessRoleArn] }));
  return { holder: undefined, patterns };
}

function tenantHolderOf(vault: VaultEntrance, caller: IGrantable): Holder {
  const { accessRoleArn } = vault;
  const role = accessRoleArn === undefined ? tenantRoleOf(vault, caller) : undefined;
  const roleArn = role?.roleArn ?? accessRoleArn ?? '';
  configure(caller, vault, { ...locationOf(vault), TENANT_ROLE_ARN: roleArn });
  allow(caller, new PolicyStatement({ actions: ['sts:AssumeRole', 'sts:TagSession'], resources: [roleArn] }));
  return { holder: role, patterns: [CONNECTIONS_OF_THE_TAG] };
}

function allowRoutes(
  vault: VaultEntrance,
  holder: IGrantable,
  routes: readonly ApiRoute[],
  patterns: readonly string[],
): void {
  const arns = routes.flatMap((route) =>
    patternsFor(route, patterns).map((pattern) => vault.invokeArn(route, pattern)),
  );
  for (const resources of inStatements(arns, ARN_CHARACTERS)) {
    allow(holder, new PolicyStatement({ actions: ['execute-api:Invoke'], resources: [...resources] }));
  }
  const principal = holder.grantPrincipal;
  if (!Construct.isConstruct(principal)) return;
  for (const resource of arns.filter((arn) => arn.includes('*'))) {
    acknowledgeWildcard(principal, resource, 'The pattern is the fence around these connections.');
  }
}

function allowTokens(vault: VaultEntrance, holder: IGrantable, patterns: readonly string[]): void {
  allowRoutes(vault, holder, [GET_ACCESS_TOKEN], patterns);
  for (const some of inStatements(patterns)) allow(holder, readSealedTokens(vault, some));
  for (const some of inStatements(patterns)) allow(holder, openSealedTokens(vault, some));
}

/** For callers that are not functions of this app, such as containers. */
export function clientEnvironment(vault: VaultEntrance): Readonly<Record<string, string>> {
  return environmentOf(vault, { ...addressOf(vault), ...directReadOf(vault) });
}

/** The same for a caller with a grant of `perTenant()`. */
export function tenantEnvironment(
  vault: VaultEntrance,
  caller: VaultCaller,
): Readonly<Record<string, string>> {
  const TENANT_ROLE_ARN = vault.accessRoleArn ?? tenantRoleOf(vault, grantable(caller)).roleArn;
  return environmentOf(vault, { ...locationOf(vault), ...directReadOf(vault), TENANT_ROLE_ARN });
}

/**
 * What the client knows of the vault. Without the three of `directReadOf`, the client asks over HTTPS only.
 */
function addressOf(vault: VaultEntrance): VaultVariables {
  const { accessRoleArn } = vault;
  return { ...locationOf(vault), ...(accessRoleArn !== undefined && { ROLE_ARN: accessRoleArn }) };
}

function locationOf({ apiUrl, region }: VaultEntrance): VaultVariables {
  return { URL: apiUrl, REGION: region };
}

function directReadOf(vault: VaultEntrance): VaultVariables {
  return {
    TABLE: vault.accessTokensTableName,
    KEY_ARN: vault.accessKeyArn,
    CLIENT_ID: vault.clientId,
  };
}

/** The same by the names of the variables, with the text that holds them together. */
function environmentOf({ alias }: VaultEntrance, variables: VaultVariables): Record<string, string> {
  return Object.fromEntries([
    ...VAULT_VARIABLES.flatMap((variable) => {
      const value = variables[variable];
      return value === undefined ? [] : [[variableName(variable, alias), value]];
    }),
    [variableName(PARTS_VARIABLE, alias), partsText(variables)],
  ]);
}

interface Configured {
  readonly apiId: string;
  readonly variables: VaultVariables;
}

/** The vaults whose variables a function holds, by their alias. */
const configuredBy = new WeakMap<object, Map<string | undefined, Configured>>();

/**
 * Adds the variables of a vault to those that an earlier grant has set.
 *
 * @throws DeploymentError `SECOND_VAULT`: variables of two vaults under the same names would contradict each other
 */
function configure(caller: IGrantable, vault: VaultEntrance, variables: VaultVariables): void {
  const target = configurableFunction(caller);
  if (target === undefined) return;
  const { apiId, alias } = vault;
  const vaults = configuredBy.get(target) ?? new Map<string | undefined, Configured>();
  const before = vaults.get(alias);
  if (before !== undefined && before.apiId !== apiId) throw secondVault(target, alias);
  const all = { ...before?.variables, ...variables };
  vaults.set(alias, { apiId, variables: all });
  if (!configuredBy.has(target)) checkEnvironmentOf(target);
  configuredBy.set(target, vaults);
  for (const [name, value] of Object.entries(environmentOf(vault, all))) target.addEnvironment(name, value);
}

function secondVault(target: object, alias: string | undefined): DeploymentError {
  const path = Construct.isConstruct(target) ? target.node.path : 'The function';
  const which = alias === undefined ? 'without a name' : `named ${alias}`;
  return new DeploymentError(
    'SECOND_VAULT',
    `${path} already holds the environment of another token vault ${which}. Give this one another name: grant from vault.named('films'), and choose it with createTokenClient({ vault: 'films' }).`,
  );
}

export function isPerTenant(
  connections: ConnectionGrant['connections'] | undefined,
): connections is PerTenant {
  return typeof connections === 'object' && connections !== null && 'kind' in connections;
}

function patternsOf(connections: string | readonly string[] | undefined): readonly string[] {
  const patterns = connections === undefined ? [] : [...new Set([connections].flat())];
  if (patterns.length === 0) {
    throw new DeploymentError(
      'PATTERN_INVALID',
      'A grant needs at least one pattern of connections, such as acme.*.',
    );
  }
  for (const pattern of patterns) assertConnectionPattern(pattern);
  return patterns;
}

/** As the CDK counts an ARN with references in it. */
const ARN_CHARACTERS = 150;
const QUOTES_AND_COMMA = 3;
/**
 * The CDK divides the statements of a role among as many managed policies as they need, of at most 6,144 characters each. It
 * never divides a statement.
 */
const MAX_STATEMENT_CHARACTERS = 2_500;

/** Divides a list so that each part fits into a statement. */
function inStatements(texts: readonly string[], shortest = 0): readonly (readonly string[])[] {
  const parts: string[][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const text of texts) {
    const added = Math.max(text.length, shortest) + QUOTES_AND_COMMA;
    characters += added;
    if (characters > MAX_STATEMENT_CHARACTERS) {
      parts.push([]);
      characters = added;
    }
    parts.at(-1)?.push(text);
  }
  return parts;
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
  if (Token.isUnresolved(pattern)) {
    throw new DeploymentError(
      'PATTERN_INVALID',
      'A pattern of connections is known only at deployment (a CDK token). It is the fence around the connections, so the synthesis must know it: write it out, or read it with StringParameter.valueFromLookup.',
    );
  }
  if (isPattern(pattern)) return;
  throw new DeploymentError(
    'PATTERN_INVALID',
    `"${pattern}" is not a pattern of connections: write one id, a prefix that ends in a dot such as acme.*, ${SIGN_INS} for plain sign-ins, or * for all.`,
  );
}

function isPattern(value: unknown): boolean {
  // To a regular expression, a value that is absent is the text "undefined".
  if (typeof value !== 'string') return false;
  if (isLookedUpLater(value)) return true;
  return value === '*' || value === SIGN_INS || CONNECTION_ID.test(value) || TENANT.test(value);
}
