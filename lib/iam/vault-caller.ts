import { Annotations, Stack, Token } from 'aws-cdk-lib';
import type { IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';
import type { VaultEntrance } from '../constructs/vault-resources.ts';
import { DeploymentError } from '../deployment-error.ts';

/**
 * A caller of the vault: a function or its alias, a role, a user, a group. A function also gets the environment
 * variables that the client library reads.
 *
 * An `IGrantable` of the CDK fits, also one of another version of the CDK than this package finds.
 */
export interface VaultCaller {
  /** What holds its permissions. */
  readonly grantPrincipal: VaultPrincipal;
}

/** The part of an `IPrincipal` of the CDK that does not change with its version. */
export interface VaultPrincipal {
  /** Its account, if the CDK knows it. */
  readonly principalAccount?: string | undefined;
  /** Adds to its policy. */
  addToPrincipalPolicy(statement: never): {
    /** Whether its policy has the statement. */
    readonly statementAdded: boolean;
  };
}

// Nothing here asks for a class: a second copy of the CDK in an app has classes of its own.

/**
 * The caller, as the CDK of this package knows it.
 *
 * @throws DeploymentError `CALLER_INVALID`, also for what JavaScript passes
 */
export function grantable(caller: unknown): IGrantable {
  if (isObject(caller) && isObject(Reflect.get(caller, 'grantPrincipal'))) return caller as IGrantable;
  const what = isConstruct(caller) ? `the construct ${caller.node.path}` : String(caller);
  throw new DeploymentError(
    'CALLER_INVALID',
    `A grant of the token vault needs a function, role, user or group, and got ${what}. Pass the role of it, such as taskRole. An imported function has a role only if fromFunctionAttributes names one.`,
  );
}

/**
 * What the CDK would say much later, without a way out: a vault of this app is known to callers of its account and Region, and
 * of other Regions with `crossRegionReferences`.
 *
 * @throws DeploymentError `ACCESS_ROLE_MISSING`, `REGION_UNREACHABLE`, `SECOND_CDK`
 */
export function assertWithinReach(vault: VaultEntrance, caller: IGrantable): void {
  const { grantPrincipal } = caller;
  const places: readonly (IConstruct | undefined)[] = [grantPrincipal, caller].map((one: unknown) =>
    isConstruct(one) ? one : undefined,
  );
  const [principal, construct] = places;
  if (vault.accessRoleArn === undefined) {
    const accounts = [grantPrincipal.principalAccount, construct && Stack.of(construct).account];
    const other = accounts.find((account) => differ(account, vault.account));
    const who = (construct ?? principal)?.node.path ?? 'the caller';
    if (other !== undefined) throw accessRoleMissing(vault.account, other, who);
  }
  if (!vault.isOfThisApp) return;
  for (const one of places) if (one !== undefined) assertReferences(vault, one);
}

export function accessRoleMissing(vaultAccount: string, account: string, who: string): DeploymentError {
  return new DeploymentError(
    'ACCESS_ROLE_MISSING',
    `The token vault is in account ${vaultAccount}, and ${who} is in ${account}. Its HTTP API has no resource policy, so only a role of its account reaches it: create one there with accessRoleFor('${account}', …), and import the vault here with TokenVault.fromAttributes, the outputs of its stack as texts, and the ARN of that role as accessRoleArn.`,
  );
}

function assertReferences({ account, region }: VaultEntrance, one: IConstruct): void {
  const stack = Stack.of(one);
  if (areOfTwoCopies(stack.account, account) || areOfTwoCopies(stack.region, region)) {
    throw new DeploymentError(
      'SECOND_CDK',
      `The stacks of the token vault and of ${one.node.path} are classes of two copies of aws-cdk-lib, which cannot tell that their account and Region are the same. Give both stacks an env, create TokenVault in a Stack of your app instead of TokenVaultStack, or install one copy: npm ls aws-cdk-lib.`,
    );
  }
  if (!differ(stack.region, region) || takesReferencesAcrossRegions(stack)) return;
  throw new DeploymentError(
    'REGION_UNREACHABLE',
    `The token vault is in ${region}, and ${one.node.path} is in ${stack.region}. Set crossRegionReferences: true on both stacks, or import the vault with TokenVault.fromAttributes and the outputs of its stack as texts.`,
  );
}

/** What the CDK itself asks, before it refuses a reference. Unknown in a version that keeps it elsewhere. */
export function takesReferencesAcrossRegions(stack: Stack): boolean {
  return Reflect.get(stack, '_crossRegionReferences') !== false;
}

/** Each copy of the CDK has its own token for the account, and for the Region, that the deployment chooses. */
function areOfTwoCopies(one: string, other: string): boolean {
  return one !== other && Token.isUnresolved(one) && Token.isUnresolved(other);
}

/** Whether both are known at synthesis, and are not the same. */
export function differ(one: string | undefined, other: string): boolean {
  return one !== undefined && ![one, other].some((text) => Token.isUnresolved(text)) && one !== other;
}

/** Warns where the statement reaches no policy: such a caller would be denied at its first call. */
export function allow(caller: IGrantable, statement: PolicyStatement): void {
  const principal = caller.grantPrincipal;
  if (!dropsStatements(principal) && principal.addToPrincipalPolicy(statement).statementAdded) return;
  const scope = [principal, caller].map((one: unknown) => one).find(isConstruct);
  const what = `A grant of the token vault added nothing to ${scope?.node.path ?? 'its caller'}, whose policies this app cannot change.`;
  if (scope === undefined) {
    throw new DeploymentError('GRANT_WITHOUT_EFFECT', `${what} Grant to a role or function of this app.`);
  }
  Annotations.of(scope).addWarningV2(
    'adobe-token-vault:grantWithoutEffect',
    `${what} Add this statement there: ${JSON.stringify(Stack.of(scope).resolve(statement.toStatementJson()))}`,
  );
}

/** The CDK's own: immutable roles accept a statement and drop it, unknown ones print it in a form that nothing takes. */
function dropsStatements(principal: object): boolean {
  return /^(ImmutableRole|UnknownPrincipal)/.test(principal.constructor.name);
}

export interface HasEnvironment {
  readonly addEnvironment: (name: string, value: string) => unknown;
}

/** The function whose environment a grant sets, if the caller is one of this app. Warns of one of another app. */
export function configurableFunction(caller: IGrantable): HasEnvironment | undefined {
  const found = functionBehind(caller);
  const one: unknown = caller;
  if (found === undefined && isConstruct(one) && 'functionArn' in one) {
    Annotations.of(one).addWarningV2(
      'adobe-token-vault:environmentNotSet',
      `This app cannot set the environment of ${one.node.path}. Put the variables of vault.clientEnvironment there, or pass url, region and directRead to createTokenClient.`,
    );
  }
  return found;
}

/** A function, or the one behind an alias or version. */
function functionBehind(caller: object): HasEnvironment | undefined {
  if (hasEnvironment(caller)) return caller;
  const behind: unknown = Reflect.get(caller, 'lambda');
  return isObject(behind) && hasEnvironment(behind) ? behind : undefined;
}

function hasEnvironment(value: object): value is HasEnvironment {
  return typeof Reflect.get(value, 'addEnvironment') === 'function';
}

function isConstruct(value: unknown): value is IConstruct {
  return isObject(value) && Construct.isConstruct(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
