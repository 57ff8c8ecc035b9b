import type { ImsUserProfileChange } from '../../ims/profile.ts';
import type { ImsUser } from '../../ims/users.ts';
import { createHttpBrowser, type HttpBrowser } from '../browser/http-browser.ts';
import type { DemoWorld } from '../world/demo-world.ts';

export type RotationMode = 'strict' | 'reuse';

interface UserRole {
  readonly key: string;
  readonly name: string;
  /** How IMS treats this user. */
  readonly profile: ImsUserProfileChange;
}

const cheapTokens = { tokens: { signing: 'hs256' } } as const;

function rotating(mode: RotationMode): ImsUserProfileChange {
  return { ...cheapTokens, rotation: { mode } };
}
/** As reported of some credentials: the refresh token stays the same, and its end is fixed by the consent. */
const notSliding: ImsUserProfileChange = {
  ...cheapTokens,
  rotation: { mode: 'never' },
  refresh: { lifetime: 'absolute' },
};

/** The users of the demo. They share one timeline; IMS treats each by its own rules. */
export const DEMO_USERS = {
  strictReader: { key: 'stella', name: 'Stella', profile: rotating('strict') },
  strictIdler: { key: 'ivo', name: 'Ivo', profile: rotating('strict') },
  reuseReader: { key: 'rosa', name: 'Rosa', profile: rotating('reuse') },
  reuseIdler: { key: 'ilja', name: 'Ilja', profile: rotating('reuse') },
  notSliding: { key: 'nora', name: 'Nora', profile: notSliding },
  revoker: { key: 'rene', name: 'René', profile: rotating('strict') },
  leaver: { key: 'dora', name: 'Dora', profile: rotating('strict') },
} as const satisfies Record<string, UserRole>;

export function demoUsersAtIms(): ImsUser[] {
  return Object.values(DEMO_USERS).map(({ key, name }) => ({ key, givenName: name, familyName: 'Example' }));
}

/** A user with a browser and one Adobe account. */
export interface DemoUser {
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

export function createDemoUser(world: Pick<DemoWorld, 'app' | 'ims'>, key: string): DemoUser {
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
