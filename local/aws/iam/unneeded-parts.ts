import type { IamDirectory } from '../iam-directory.ts';
import { type AuthorizationRecord, createAuthorizer } from './authorizer.ts';
import { directoryWithout, type PolicyPart, policyPartsOf } from './policy-parts.ts';

/** Which of the requests that were allowed would be denied if the part were not there. */
export function evaluateWithout(
  directory: IamDirectory,
  records: AuthorizationRecord[],
  part: PolicyPart,
): AuthorizationRecord[] {
  const reduced = createAuthorizer(directoryWithout(directory, part));
  return records
    .filter((record) => record.decision === 'Allowed' && concerns(record, part))
    .filter(({ principal, request }) => reduced.decide(principal, request) !== 'Allowed');
}

/** The parts that no request used: removing any one of them denies none of the recorded requests. */
export function unneededParts(directory: IamDirectory, records: AuthorizationRecord[]): PolicyPart[] {
  return policyPartsOf(directory).filter((part) => evaluateWithout(directory, records, part).length === 0);
}

function concerns({ principal, request }: AuthorizationRecord, { owner }: PolicyPart): boolean {
  if ('keyArn' in owner) return request.resource === owner.keyArn;
  return 'roleName' in principal && principal.roleName === owner.roleName;
}
