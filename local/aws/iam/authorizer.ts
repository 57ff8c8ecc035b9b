import { runUnsafeSimulation } from '@cloud-copilot/iam-simulate';
import type { AuthorizationRequest, Caller } from '../aws-call.ts';
import type { IamDirectory, IamRole } from '../iam-directory.ts';
import { createRelevantStatements } from './relevant-statements.ts';

export type Decision = 'Allowed' | 'ImplicitlyDenied' | 'ExplicitlyDenied';

/** The principal: a role by its name, or a service such as `scheduler.amazonaws.com`. */
export type Principal =
  | { roleName: string; sessionTags?: Readonly<Record<string, string>> }
  | { service: string };

export function principalOf({ roleName, sessionTags }: Caller): Principal {
  return { roleName, ...(sessionTags && { sessionTags }) };
}

export interface AuthorizationRecord {
  principal: Principal;
  request: AuthorizationRequest;
  decision: Decision;
}

export interface Authorizer {
  /** What IAM answers. A resource policy that the request names wins over the directory's key policies. */
  decide(principal: Principal, request: AuthorizationRequest): Decision;
  /** Whether the role's trust policy lets a service assume it. */
  decideAssumeRole(roleArn: string, service: string, context: Record<string, string>): Decision;
  /** Every distinct question so far with its answer, for asking again later without running anything. */
  records(): AuthorizationRecord[];
}

/**
 * The one place that calls the policy engine, so that the engine can be replaced. It uses the engine's unchecked entry,
 * because the checked one drops `kms:EncryptionContext:*` keys. The engine takes a resource policy only in the wrapper
 * that its loader makes.
 */
export function createAuthorizer(directory: IamDirectory): Authorizer {
  const relevant = createRelevantStatements();
  const recorded = new Map<string, AuthorizationRecord & { policies: unknown }>();
  /** A cached answer holds until the policies behind it are replaced. */
  const remembered = (
    principal: Principal,
    request: AuthorizationRequest,
    decide: () => Decision,
  ): Decision => {
    const key = JSON.stringify([principal, request.action, request.resource, request.context]);
    const policies = 'roleName' in principal ? roleOf(principal.roleName)?.policies : undefined;
    const known = recorded.get(key);
    const isSame = known?.policies === policies && known?.request.resourcePolicy === request.resourcePolicy;
    if (known !== undefined && isSame) return known.decision;
    const decision = decide();
    recorded.set(key, { principal, request, decision, policies });
    return decision;
  };
  const roleOf = (roleName: string) => directory.roles.find((role) => role.roleName === roleName);

  const evaluate = (principal: Principal, request: AuthorizationRequest): Decision => {
    const role = 'roleName' in principal ? roleOf(principal.roleName) : undefined;
    if ('roleName' in principal && role === undefined) return 'ImplicitlyDenied';
    const resourcePolicy = request.resourcePolicy ?? directory.keyPolicies.get(request.resource);
    return runUnsafeSimulation(
      {
        request: {
          principal: 'service' in principal ? principal.service : sessionArn(directory, principal.roleName),
          action: request.action,
          resource: { resource: request.resource, accountId: directory.accountId },
          contextVariables: {
            ...globalContext(directory, role),
            ...('roleName' in principal && principalTags(principal.sessionTags)),
            ...request.context,
          },
        },
        identityPolicies: (role?.policies ?? []).map(({ name, document }) => ({
          name,
          policy: relevant(document, request.action),
        })),
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        resourcePolicy:
          resourcePolicy === undefined ? undefined : wrapped(relevant(resourcePolicy, request.action)),
      },
      {},
    );
  };

  return {
    decide: (principal, request) => remembered(principal, request, () => evaluate(principal, request)),
    decideAssumeRole(roleArn, service, context) {
      const role = directory.roles.find((r) => r.roleArn === roleArn);
      const request = { action: 'sts:AssumeRole', resource: roleArn, context, resourcePolicy: role?.trust };
      return remembered({ service }, request, () =>
        role === undefined ? 'ImplicitlyDenied' : evaluate({ service }, request),
      );
    },
    records: () => [...recorded.values()],
  };
}

function sessionArn(directory: IamDirectory, roleName: string) {
  return `arn:aws:sts::${directory.accountId}:assumed-role/${roleName}/session`;
}

/** Keys that AWS adds to every request of a role. */
function globalContext(directory: IamDirectory, role: IamRole | undefined): Record<string, string> {
  const region = { 'aws:RequestedRegion': directory.region, 'aws:SecureTransport': 'true' };
  if (role === undefined) return { ...region, 'aws:PrincipalIsAWSService': 'true' };
  return {
    ...region,
    'aws:PrincipalAccount': directory.accountId,
    'aws:PrincipalArn': role.roleArn,
    'aws:PrincipalType': 'AssumedRole',
    'aws:PrincipalIsAWSService': 'false',
  };
}

function principalTags(tags: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value]));
}

function wrapped(policyDocument: unknown) {
  return {
    __validated: true,
    policyDocument,
    metadata: { name: 'resource' },
    errors: [],
  };
}
