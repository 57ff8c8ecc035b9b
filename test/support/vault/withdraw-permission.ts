import type { IamRole } from '../../../local/aws/iam-directory.ts';

interface Document {
  readonly Statement: readonly { readonly Sid?: string }[];
}

/** Takes one statement out of a running role's policies; the answer puts it back. */
export function withoutStatement(role: IamRole, sid: string): () => void {
  const { policies } = role;
  const reduced = policies.map((policy) => {
    const document = policy.document as Document;
    return {
      ...policy,
      document: { ...document, Statement: document.Statement.filter(({ Sid }) => Sid !== sid) },
    };
  });
  const count = (all: typeof policies) =>
    all.reduce((sum, { document }) => sum + (document as Document).Statement.length, 0);
  if (count(reduced) !== count(policies) - 1)
    throw new Error(`${role.roleName} has no single statement ${sid}.`);
  role.policies = reduced;
  return () => {
    role.policies = policies;
  };
}
