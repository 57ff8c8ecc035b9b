import { createCookieJar } from './cookie-jar.ts';
import { type FormFilling, fillForm } from './html-form.ts';

/** What the window shows after every redirect has been followed. */
export interface BrowserPage {
  readonly url: URL;
  readonly status: number;
  readonly body: string;
  /** Every URL on the way, the last one included. */
  readonly hops: readonly string[];
}

/** Goes the way of a browser over HTTP: cookies, redirects, forms. Runs no script. */
export interface HttpBrowser {
  open(url: string): Promise<BrowserPage>;
  /** Sends a form of the page shown. */
  submit(filling: FormFilling): Promise<BrowserPage>;
  /** Presses a button whose form has this action. */
  press(path: string): Promise<BrowserPage>;
  page(): BrowserPage;
  /** The last thousand URLs it went to, oldest first. */
  history(): readonly string[];
  cookieNames(): string[];
}

interface Visit {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly body?: URLSearchParams;
}

const MAX_REDIRECTS = 20;
const MAX_HISTORY = 1_000;

export function createHttpBrowser(): HttpBrowser {
  const jar = createCookieJar();
  const history: string[] = [];
  let shown: BrowserPage | undefined;

  const page = (): BrowserPage => {
    if (shown) return shown;
    throw new Error('This browser has not opened a page yet.');
  };

  const load = async ({ url, method, body }: Visit): Promise<Response> => {
    const cookie = jar.headerFor(url);
    history.push(url.href);
    if (history.length > MAX_HISTORY) history.shift();
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        ...(cookie !== '' && { cookie }),
        ...(method === 'POST' && shown && { origin: shown.url.origin }),
      },
      ...(body && { body }),
    });
    jar.store(url, response.headers.getSetCookie());
    return response;
  };

  const visit = async (first: Visit): Promise<BrowserPage> => {
    let next = first;
    const hops: string[] = [];
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      hops.push(next.url.href);
      const response = await load(next);
      const location = response.headers.get('location');
      if (location === null || response.status < 300 || response.status > 399) {
        shown = { url: next.url, status: response.status, body: await response.text(), hops };
        return shown;
      }
      await response.arrayBuffer();
      next = { url: new URL(location, next.url), method: 'GET' };
    }
    throw new Error(`More than ${MAX_REDIRECTS} redirects, the last to ${next.url.origin}.`);
  };

  return {
    open: (url) => visit({ url: new URL(url, shown?.url), method: 'GET' }),
    submit: (filling) => {
      const { action, method, fields } = fillForm(page(), filling);
      if (method === 'post') return visit({ url: action, method: 'POST', body: fields });
      const url = new URL(action);
      url.search = fields.toString();
      return visit({ url, method: 'GET' });
    },
    press: (path) => {
      if (!page().body.includes(`action="${path}"`)) {
        throw new Error(`There is no button for ${path} on the page.`);
      }
      return visit({ url: new URL(path, page().url), method: 'POST' });
    },
    page,
    history: () => [...history],
    cookieNames: jar.names,
  };
}
