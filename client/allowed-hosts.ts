import { isLoopback, isSecureUrl } from './contract.ts';
import { ClientSettingsError, HostNotAllowedError } from './vault-error.ts';

/** Hosts of Adobe's APIs, with their subdomains. Not `adobe.com`: most hosts there are not APIs, and some are customers' own. */
export const ADOBE_API_HOSTS: readonly string[] = ['adobe.io', 'api.frame.io'];

/*
 * Further hosts for `allowedHosts`: `[...ADOBE_API_HOSTS, ...WORKFRONT_HOSTS]`. To trust a list is to trust each of its
 * subdomains with the tokens of your users. If you know the host of a customer, list that host alone.
 */

/**
 * AEM as a Cloud Service: `author-p1-e2.adobeaemcloud.com` and the like. **Customers run their own code there**, each on the
 * hosts of their environments. That code sees a token that you send, so never take such a URL from a user or a tenant. Prefer
 * the author host of the environment that you mean.
 * @see https://experienceleague.adobe.com/en/docs/experience-manager-cloud-service/content/headless/deployment/deployment
 */
export const AEM_HOSTS: readonly string[] = ['adobeaemcloud.com'];

/**
 * Adobe Commerce as a Cloud Service and Commerce Optimizer: `na1.api.commerce.adobe.com`, `na1-sandbox.api.commerce.adobe.com`.
 * Adobe runs these hosts, and all customers share them: the path names the tenant, so check it. Commerce on a host of the
 * customer is not among them.
 * @see https://developer.adobe.com/commerce/services/optimizer/admin/using-the-api
 */
export const COMMERCE_HOSTS: readonly string[] = ['api.commerce.adobe.com'];

/**
 * Workfront: `<company>.my.workfront.com`, its preview and its two sandboxes. Adobe runs these hosts, and the first label names
 * the customer. A token that goes to the host of another company reaches Adobe, and the wrong tenant. List only
 * `<company>.my.workfront.com` if you act for one company.
 * @see https://experienceleague.adobe.com/en/docs/workfront/using/adobe-workfront-api/api-general-information/api-basics
 */
export const WORKFRONT_HOSTS: readonly string[] = [
  'my.workfront.com',
  'preview.workfront.com',
  'sb01.workfront.com',
  'sb02.workfront.com',
];

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
