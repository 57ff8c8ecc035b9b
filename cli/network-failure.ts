import { connectionFailureOf } from '../functions/adapters/ims/send-request.ts';

/** Of the system, its resolver and fetch. Not Node's own ERR_…: but for TLS, these tell of our own mistakes. */
const NETWORK_CODE = /^(E[A-Z]+|EAI_[A-Z]+|UND_ERR_.+)$/;

/** Somebody could not be reached, was not trusted, or broke off. Certificates are known by the list that the vault itself uses. */
export function isNetworkFailure(error: Error): boolean {
  if (error.name === 'TimeoutError' || connectionFailureOf(error) === 'unreachable') return true;
  if (error instanceof TypeError) return error.message === 'fetch failed' || hasNetworkCode(error.cause);
  return hasNetworkCode(error);
}

const hasNetworkCode = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && NETWORK_CODE.test(String(error.code));
