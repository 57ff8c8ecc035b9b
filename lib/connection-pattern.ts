import { DeploymentError } from './deployment-error.ts';
import { CONNECTION_ID } from './setting-formats.ts';

const PREFIX = /^[A-Za-z0-9][A-Za-z0-9._-]{0,126}[._-]\*$/;

/**
 * Checks which connections a grant is about: one id, a prefix that ends in a separator (`acme.*`), or all (`*`).
 * A prefix without a separator is refused, because `acme*` would also open `acmeco.user-1`.
 */
export function assertConnectionPattern(pattern: string): void {
  if (pattern === '*' || CONNECTION_ID.test(pattern) || PREFIX.test(pattern)) return;
  throw new DeploymentError(
    'PATTERN_INVALID',
    `"${pattern}" is not a pattern of connections: write one id, a prefix that ends in a separator such as acme.*, or * for all.`,
  );
}
