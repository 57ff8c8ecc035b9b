import { createHttpBrowser, type HttpBrowser } from '../browser/http-browser.ts';
import type { DemoWorld } from '../world/demo-world.ts';

/** Somebody with a browser of their own and one Adobe account. */
export interface Person {
  readonly key: string;
  readonly name: string;
  readonly browser: HttpBrowser;
  /** Presses “Sign in with Adobe” and decides on Adobe's consent page. */
  signIn(decision?: 'approve' | 'deny'): Promise<void>;
  /** Asks the consuming Lambda for the Lightroom catalog; true when it was read. */
  readCatalog(): Promise<boolean>;
  disconnect(): Promise<void>;
  /** Removes the application at Adobe. */
  revokeAtAdobe(): Promise<void>;
  /** What the page shows. */
  state(): string;
  notice(): string;
  /** What the vault knows the connection by; the page shows it, the browser never sends it. */
  connectionId(): string;
}

export function createPerson(world: Pick<DemoWorld, 'app' | 'ims'>, key: string): Person {
  const browser = createHttpBrowser();
  const name = world.ims.user(key).givenName;
  let connectionId = '';

  const shown = (pattern: RegExp): string => pattern.exec(browser.page().body)?.[1] ?? '';
  const home = () => browser.open(world.app.url());
  const press = async (path: string): Promise<void> => {
    const isHome = browser.page().url.href === new URL('/', world.app.url()).href;
    if (!isHome) await home();
    await browser.press(path);
  };

  return {
    key,
    name,
    browser,
    signIn: async (decision = 'approve') => {
      await home();
      await browser.open('/connect');
      await browser.submit({ press: decision, choose: { user: key } });
      connectionId = shown(/<dt>Connection<\/dt><dd><code>([^<]+)/) || connectionId;
    },
    readCatalog: async () => {
      await press('/catalog');
      return shown(/<p class="notice ([a-z]+)">/) === 'good';
    },
    disconnect: () => press('/disconnect'),
    revokeAtAdobe: () => press('/adobe/revoke'),
    state: () => shown(/data-state="([^"]+)"/),
    notice: () => shown(/<p class="notice [a-z]+">([^<]*)/),
    connectionId: () => connectionId,
  };
}
