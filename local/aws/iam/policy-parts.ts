import type { IamDirectory } from '../iam-directory.ts';

/** A piece of a policy that could be left out: a whole Allow statement, or one action or resource of it. */
export interface PolicyPart {
  /** The role that carries the policy, or the key the policy is on. */
  owner: { roleName: string } | { keyArn: string };
  policyName: string;
  statementIndex: number;
  action?: string;
  resource?: string;
}

interface Statement {
  Effect?: string;
  Action?: string | string[];
  Resource?: string | string[];
}

interface PolicyDocument {
  Statement?: Statement | Statement[];
}

/** Every Allow statement of the directory, and each of its actions and resources where there are several. */
export function policyPartsOf(directory: IamDirectory): PolicyPart[] {
  const ofRoles = directory.roles.flatMap((role) =>
    role.policies.flatMap((p) => partsOf({ roleName: role.roleName }, p.name, p.document)),
  );
  const ofKeys = [...directory.keyPolicies].flatMap(([keyArn, document]) =>
    partsOf({ keyArn }, 'key policy', document),
  );
  return [...ofRoles, ...ofKeys];
}

/** The same directory as if the part had never been written. The original is left as it is. */
export function directoryWithout(directory: IamDirectory, part: PolicyPart): IamDirectory {
  const { owner } = part;
  if ('keyArn' in owner) {
    const keyPolicies = new Map(directory.keyPolicies);
    keyPolicies.set(owner.keyArn, documentWithout(keyPolicies.get(owner.keyArn), part));
    return { ...directory, keyPolicies };
  }
  const roles = directory.roles.map((role) =>
    role.roleName !== owner.roleName
      ? role
      : {
          ...role,
          policies: role.policies.map((p) =>
            p.name === part.policyName ? { ...p, document: documentWithout(p.document, part) } : p,
          ),
        },
  );
  return { ...directory, roles };
}

function partsOf(owner: PolicyPart['owner'], policyName: string, document: unknown): PolicyPart[] {
  return statementsOf(document).flatMap((statement, statementIndex) => {
    if (statement.Effect !== 'Allow') return [];
    const whole = { owner, policyName, statementIndex };
    const actions = listOf(statement.Action);
    const resources = listOf(statement.Resource);
    return [
      whole,
      ...(actions.length > 1 ? actions.map((action) => ({ ...whole, action })) : []),
      ...(resources.length > 1 ? resources.map((resource) => ({ ...whole, resource })) : []),
    ];
  });
}

function documentWithout(document: unknown, part: PolicyPart): unknown {
  const statements = statementsOf(document).flatMap((statement, index) => {
    if (index !== part.statementIndex) return [statement];
    if (part.action !== undefined) {
      return [{ ...statement, Action: listOf(statement.Action).filter((a) => a !== part.action) }];
    }
    if (part.resource !== undefined) {
      return [{ ...statement, Resource: listOf(statement.Resource).filter((r) => r !== part.resource) }];
    }
    return [];
  });
  return { ...(document as PolicyDocument), Statement: statements };
}

function statementsOf(document: unknown): Statement[] {
  return listOf((document as PolicyDocument).Statement);
}

function listOf<T>(value: T | T[] | undefined): T[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}
