import { isSecureUrl } from '../../../client/contract.ts';

interface Cookie {
  readonly host: string;
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

/** What a browser keeps, as far as this project's cookies need it: by host, not by port. */
export interface CookieJar {
  store(url: URL, setCookies: readonly string[]): void;
  /** The `cookie` header for a URL. */
  headerFor(url: URL): string;
  names(): string[];
}

/** @see https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis-20#section-4.1.3 (name prefixes) */
function isAcceptable(url: URL, name: string, attributes: ReadonlyMap<string, string>): boolean {
  const isSecure = attributes.has('secure');
  // Chromium and Firefox accept `Secure` cookies over http from loopback.
  if (isSecure && !isSecureUrl(url)) return false;
  if (!name.startsWith('__Host-')) return true;
  return isSecure && attributes.get('path') === '/' && !attributes.has('domain');
}

export function createCookieJar(): CookieJar {
  const cookies = new Map<string, Cookie>();

  const storeOne = (url: URL, setCookie: string): void => {
    const [pair = '', ...rest] = setCookie.split(';').map((part) => part.trim());
    const [name = '', ...value] = pair.split('=');
    const attributes = new Map(
      rest.map((part): [string, string] => {
        const [attribute = '', ...text] = part.split('=');
        return [attribute.toLowerCase(), text.join('=')];
      }),
    );
    if (!isAcceptable(url, name, attributes)) return;
    const path = attributes.get('path') ?? '/';
    const key = `${url.hostname} ${path} ${name}`;
    if (Number(attributes.get('max-age') ?? 1) <= 0) cookies.delete(key);
    else cookies.set(key, { host: url.hostname, name, value: value.join('='), path });
  };

  return {
    store: (url, setCookies) => {
      for (const setCookie of setCookies) storeOne(url, setCookie);
    },
    headerFor: (url) =>
      [...cookies.values()]
        .filter(({ host, path }) => host === url.hostname && url.pathname.startsWith(path))
        .map(({ name, value }) => `${name}=${value}`)
        .join('; '),
    names: () => [...cookies.values()].map(({ name }) => name),
  };
}
