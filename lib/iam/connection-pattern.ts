import { CONNECTION_ID } from '../../client/contract.ts';
import { DeploymentError } from '../deployment-error.ts';

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
