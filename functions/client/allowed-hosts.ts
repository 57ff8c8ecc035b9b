import { isLoopback } from './client-environment.ts';
import { ClientSettingsError, HostNotAllowedError } from './vault-error.ts';

/** Hosts of Adobe's APIs, with everything below them. */
export const ADOBE_API_HOSTS: readonly string[] = ['adobe.io', 'adobe.com', 'api.frame.io'];

const HOST = /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+|localhost|\[::1\])(?::\d{1,5})?$/;

/**
 * Where an access token may be sent. `adobe.io` stands for itself and every name that ends in `.adobe.io`; only https, on
 * the standard port unless the entry names another. A loopback host has to be listed itself, and may be http.
 */
export function createHostFence(allowedHosts: readonly string[]): (url: URL) => void {
  const malformed = allowedHosts.find((host) => !HOST.test(host));
  if (malformed !== undefined) {
    throw new ClientSettingsError(`An allowed host must be a host name in lower case: ${malformed}`);
  }

  return (url) => {
    const protocolFits = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
    const hostFits = isLoopback(url)
      ? allowedHosts.includes(url.host) || allowedHosts.includes(url.hostname)
      : allowedHosts.some((allowed) => url.host === allowed || url.host.endsWith(`.${allowed}`));
    if (protocolFits && hostFits && url.username === '' && url.password === '') return;
    throw new HostNotAllowedError(`An access token may not be sent to ${url.protocol}//${url.host}.`);
  };
}
