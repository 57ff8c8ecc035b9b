import { isLoopback, isSecureUrl } from './contract.ts';
import { ClientSettingsError, HostNotAllowedError } from './vault-error.ts';

/** Hosts of Adobe's APIs, with their subdomains. Not `adobe.com`: most hosts there are not APIs, and some are customers' own. */
export const ADOBE_API_HOSTS: readonly string[] = ['adobe.io', 'api.frame.io'];

/** Adobe runs customers' code there (App Builder). A token goes there only if such a host is listed itself. */
const FOREIGN_CODE = 'runtime.adobe.io';

const HOST = /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+|localhost|\[::1\])(?::\d{1,5})?$/;

/**
 * Where an access token may be sent. `adobe.io` stands for itself and its subdomains, except `runtime.adobe.io` and its
 * subdomains. Only https, on the standard port unless the entry names another. A loopback host must be listed itself, and may
 * use http.
 */
export function createHostFence(allowedHosts: readonly string[]): (url: URL) => void {
  const malformed = allowedHosts.find((host) => !HOST.test(host));
  if (malformed !== undefined) {
    throw new ClientSettingsError(`An allowed host must be a host name in lower case: ${malformed}`);
  }

  return (url) => {
    const protocolFits = isSecureUrl(url);
    const hostFits = isLoopback(url)
      ? allowedHosts.includes(url.host) || allowedHosts.includes(url.hostname)
      : allowedHosts.some((allowed) => isWithin(url.host, allowed) && !hidesForeignCode(url.host, allowed));
    if (protocolFits && hostFits && url.username === '' && url.password === '') return;
    throw new HostNotAllowedError(`An access token may not be sent to ${url.protocol}//${url.host}.`);
  };
}

const isWithin = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`);

const hidesForeignCode = (host: string, allowed: string): boolean =>
  isWithin(host, FOREIGN_CODE) && !isWithin(allowed, FOREIGN_CODE);
