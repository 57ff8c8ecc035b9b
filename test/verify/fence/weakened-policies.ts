import type { IamDirectory, IamRole } from '../../../local/aws/iam-directory.ts';
import {
  CALLERS,
  type FenceWorld,
  type StatementDocument,
  statementsIn,
  TENANT_ROLES,
} from './fence-world.ts';

/** The policies with one piece taken out. */
export interface WeakenedPolicies {
  /** Role, policy, and what is missing. */
  readonly without: string;
  readonly directory: IamDirectory;
}

type Replace = (statement: StatementDocument) => StatementDocument | undefined;

/**
 * The policy of the key demands the purpose too, so a role without that condition opens nothing more. It is taken out of
 * both.
 */
const HELD_TWICE = 'kms:EncryptionContext:purpose';

/** Every statement, and each action, condition and condition value of it, taken out once: of policies and of trust. */
export function weakenedPolicies({ directory, roles }: FenceWorld): readonly WeakenedPolicies[] {
  // `Curious` is the test's own: its policy belongs to no grant.
  const granted = [...CALLERS.filter((name) => name !== 'Curious'), ...TENANT_ROLES].map(
    (name) => roles[name],
  );
  return granted.flatMap((role) => [
    ...role.policies.flatMap(({ name, document }, position) =>
      piecesOf(document).map(({ piece, index, replace }) => ({
        without: `${role.roleName} ${name}: ${piece}`,
        directory: withRole(piece.includes(HELD_TWICE) ? withoutPurpose(directory) : directory, role, {
          policies: role.policies.with(position, { name, document: replaced(document, index, replace) }),
        }),
      })),
    ),
    // Who may assume a caller's own role is not the vault's business.
    ...((CALLERS as readonly string[]).includes(role.roleName) ? [] : piecesOf(role.trust)).map(
      ({ piece, index, replace }) => ({
        without: `${role.roleName} trust: ${piece}`,
        directory: withRole(directory, role, { trust: replaced(role.trust, index, replace) }),
      }),
    ),
  ]);
}

function piecesOf(document: unknown) {
  return statementsIn(document).flatMap((statement, index) =>
    [
      { piece: `statement ${[statement.Action].flat().join('+')}`, replace: (() => undefined) as Replace },
      ...actionsOf(statement),
      ...conditionsOf(statement),
    ].map((found) => ({ ...found, index })),
  );
}

function actionsOf({ Action }: StatementDocument): { piece: string; replace: Replace }[] {
  const actions = [Action].flat();
  if (actions.length < 2) return [];
  return actions.map((action) => ({
    piece: `action ${action}`,
    replace: (statement) => ({ ...statement, Action: actions.filter((other) => other !== action) }),
  }));
}

function conditionsOf({ Condition = {} }: StatementDocument): { piece: string; replace: Replace }[] {
  return Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).flatMap(([key, value]) => {
      const values = [value].flat();
      const whole = { piece: `${operator} ${key}`, replace: conditionReplaced(operator, key, []) };
      if (values.length < 2) return [whole];
      return [
        whole,
        ...values.map((one) => ({
          piece: `${operator} ${key} ${one}`,
          replace: conditionReplaced(
            operator,
            key,
            values.filter((other) => other !== one),
          ),
        })),
      ];
    }),
  );
}

function conditionReplaced(operator: string, key: string, values: readonly string[]): Replace {
  return ({ Condition = {}, ...statement }) => {
    const { [key]: _taken, ...others } = Condition[operator] ?? {};
    const keys = values.length === 0 ? others : { ...others, [key]: values };
    const { [operator]: _operator, ...operators } = Condition;
    const left = Object.keys(keys).length === 0 ? operators : { ...operators, [operator]: keys };
    return { ...statement, Condition: left };
  };
}

function replaced(document: unknown, position: number, replace: Replace): unknown {
  const Statement = statementsIn(document).flatMap((statement, index) =>
    index === position ? (replace(statement) ?? []) : statement,
  );
  return { ...(document as object), Statement };
}

function withoutPurpose(directory: IamDirectory): IamDirectory {
  const keyPolicies = [...directory.keyPolicies].map(([keyArn, document]): [string, unknown] => [
    keyArn,
    {
      ...(document as object),
      Statement: statementsIn(document)
        .filter(({ Condition = {} }) => Condition.StringNotEquals?.[HELD_TWICE] === undefined)
        .map(conditionReplaced('StringEquals', HELD_TWICE, [])),
    },
  ]);
  return { ...directory, keyPolicies: new Map(keyPolicies) };
}

function withRole(directory: IamDirectory, changed: IamRole, changes: Partial<IamRole>): IamDirectory {
  const roles = directory.roles.map((role) => (role === changed ? { ...role, ...changes } : role));
  return { ...directory, roles };
}
