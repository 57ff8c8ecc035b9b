import { DeploymentError } from './deployment-error.ts';

const CONNECTION_ID = '[A-Za-z0-9][A-Za-z0-9._-]{0,127}';
const ONE_CONNECTION = new RegExp(`^${CONNECTION_ID}$`);
const PREFIX = /^[A-Za-z0-9][A-Za-z0-9._-]{0,126}[._-]\*$/;

/**
 * Checks which connections a grant is about: one id, a prefix that ends in a separator (`acme.*`), or all (`*`).
 * A prefix without a separator is refused, because `acme*` would also open `acmeco.user-1`.
 */
export function assertConnectionPattern(pattern: string): void {
  if (pattern === '*' || ONE_CONNECTION.test(pattern) || PREFIX.test(pattern)) return;
  throw new DeploymentError(
    'PATTERN_INVALID',
    `"${pattern}" is not a pattern of connections: write one id, a prefix that ends in a separator such as acme.*, or * for all.`,
  );
}
