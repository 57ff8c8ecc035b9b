export type ConnectionFailure = 'timeout' | 'reset' | 'unreachable';

/** Failures that happen before a byte of the request is sent. Certificate errors are recognised by their prefixes. */
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
]);
const NEVER_TRUSTED = /^(CERT_|UNABLE_TO_|ERR_TLS_|ERR_SSL_)/;

/**
 * Why no answer came. Only `unreachable` is certain to have changed nothing at IMS; when in doubt it is a `reset`, after
 * which the request may have been processed.
 */
export function connectionFailureOf(error: unknown): ConnectionFailure {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === 'TimeoutError') return 'timeout';
    const code = 'code' in cause ? cause.code : undefined;
    if (typeof code === 'string' && (NEVER_CONNECTED.has(code) || NEVER_TRUSTED.test(code))) {
      return 'unreachable';
    }
  }
  return 'reset';
}
