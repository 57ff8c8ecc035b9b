import { createHash } from 'node:crypto';
import { completeUser, defaultImsUsers } from '../../../local/ims/users.ts';
import { LONGEST_APP_STATE } from './base-requests.ts';
import { provenTransaction } from './early-effects.ts';
import { type FuzzRequest, GATEWAY_LIMIT_BYTES } from './fuzz-request.ts';
import type { FuzzWorld } from './fuzz-world.ts';

/** A consent that a browser has brought as far as the callback, which it has not opened yet. */
export interface Transaction {
  readonly state: string;
  /** As Adobe answered. */
  readonly code: string;
  /** `name=value` of the transaction cookie. */
  readonly cookie: string;
  /** All transaction cookies of its browser: one for each tab. */
  readonly jar: readonly string[];
  readonly startedAtMs: number;
  /** Of the consent session it belongs to, if it does. */
  readonly sessionId?: string;
}

/** A one-time code that a browser came back with; for a plain sign-in without an id. */
export interface ConnectionCode {
  readonly code: string;
  readonly connectionId?: string;
}

/** What is real and alive at the moment, for requests that are nearly right. */
export interface Material {
  readonly returnUrl: string;
  readonly transactions: readonly Transaction[];
  /** Ended or expired; cookie and state still agree. */
  readonly finished: readonly Transaction[];
  readonly sessionIds: readonly string[];
  readonly codes: readonly ConnectionCode[];
  readonly usedCodes: readonly ConnectionCode[];
  readonly connectionIds: readonly string[];
  /** Whatever a hostile import may have brought in. */
  readonly importedIds: readonly string[];
  /** Adobe's `sub` of the users that sign in. */
  readonly subjects: readonly string[];
}

/** RFC 6265: the pair ends at the first `=`. */
export function cookieNameIn(pair: string): string {
  return pair.slice(0, Math.max(0, pair.indexOf('='))).trim();
}

/** The items that only a callback with this state and its cookie may put: each of them ends something for good. */
export function consumedBy({ state, sessionId }: Transaction): readonly string[] {
  return [state, ...(sessionId === undefined ? [] : [sessionId])].map(
    (handle) => `state#${digestOf(handle)}`,
  );
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A transaction is valid for ten minutes, a code for two. */
const TRANSACTION_KEPT_MS = 8 * 60_000;
const CODE_KEPT_MS = 90_000;
const TRANSACTIONS = 9;
const TABS = 3;
const REMEMBERED = 6;
const USERS = { 'demo.alice': 'alice', 'demo.bob': 'bob', 'demo.carol': 'carol' } as const;
type DemoId = keyof typeof USERS;
const DEMO_IDS = Object.keys(USERS) as DemoId[];
const SUBJECTS = defaultImsUsers.map((user) => completeUser(user).sub);

interface DatedCode extends ConnectionCode {
  readonly madeAtMs: number;
}

/** Brings real browsers as far as the requests of the fuzz need them. What was used is replaced before the next ones. */
export function createMaterialSupply(world: FuzzWorld) {
  const { vault } = world;
  const { stack, ims, api, landingUrl, clock } = vault;
  let transactions: Transaction[] = [];
  let finished: Transaction[] = [];
  let codes: DatedCode[] = [];
  let usedCodes: DatedCode[] = [];
  let sessionIds: string[] = [];
  const connected = new Set<string>();
  const importedIds = new Set<string>();
  let derivedId: string | undefined;
  let turn = 0;

  const visit = async (url: string, cookies: readonly string[] = [], more: Record<string, string> = {}) => {
    const cookie = cookies.join('; ');
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { ...more, ...(cookie && { cookie }) },
    });
    await response.arrayBuffer();
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) {
      throw new Error(
        `A request that nothing is wrong with was answered ${response.status}: ${new URL(url).pathname}`,
      );
    }
    return { location, setCookies: response.headers.getSetCookie() };
  };

  const startUrl = async (id: DemoId | undefined): Promise<string> => {
    const url = new URL('/authorize', stack.apiUrl);
    const appState = LONGEST_APP_STATE;
    if (id === undefined) {
      url.search = String(new URLSearchParams({ return_to: landingUrl, app_state: appState }));
      return url.href;
    }
    const opened = await api.openConsent(id, { returnTo: landingUrl, appState, replace: true });
    if (!opened.ok) throw new Error(`No consent session: ${opened.status}`);
    sessionIds = [...sessionIds, new URL(opened.value.authorizeUrl).searchParams.get('session') ?? ''].slice(
      -REMEMBERED,
    );
    return opened.value.authorizeUrl;
  };

  /** Opens one tab in a browser and lets its user say yes. */
  const openTab = async (jar: readonly string[], id: DemoId | undefined): Promise<Transaction> => {
    const user = id === undefined ? (['alice', 'bob', 'carol'][turn++ % 3] ?? 'alice') : USERS[id];
    ims.profile({ authorize: { automatic: { user, decision: 'approve' } } });
    const url = await startUrl(id);
    const begun = await visit(url, jar);
    const set = begun.setCookies.map((line) => line.split(';', 1)[0] ?? '');
    const cookie = set.at(-1) ?? '';
    const names = set.map(cookieNameIn);
    const kept = jar.filter((one) => !names.includes(cookieNameIn(one)));
    const back = new URL((await visit(begun.location)).location);
    const parameter = (name: string): string => back.searchParams.get(name) ?? '';
    const [state, code] = [parameter('state'), parameter('code')];
    const sessionId = new URL(url).searchParams.get('session');
    const transaction = { state, code, cookie, jar: [...kept, cookie], startedAtMs: clock.nowMs() };
    return sessionId === null ? transaction : { ...transaction, sessionId };
  };

  /** Three tabs of one browser with the longest that apps may send. */
  const openBrowser = async (ids: readonly (DemoId | undefined)[]): Promise<Transaction[]> => {
    let tabs: Transaction[] = [];
    for (const id of ids) tabs = [...tabs, await openTab(tabs.at(-1)?.jar ?? [], id)];
    const jar = tabs.at(-1)?.jar ?? [];
    if (jar.length !== ids.length) throw new Error(`Of ${ids.length} tabs only ${jar.length} have a cookie.`);
    return tabs.map((tab) => ({ ...tab, jar }));
  };

  /** The last tab of three goes back to the app, in a request that is as long as the gateway lets in. */
  const earnCode = async (id: DemoId | undefined): Promise<DatedCode> => {
    const tabs = await openBrowser([undefined, DEMO_IDS[turn++ % DEMO_IDS.length], id]);
    const [last, ...rest] = tabs.toReversed();
    transactions = [...transactions, ...rest];
    if (last === undefined) throw new Error('There is no tab.');
    const url = new URL('/callback', stack.apiUrl);
    url.search = String(new URLSearchParams({ code: last.code, state: last.state }));
    const { location } = await visit(url.href, last.jar, { 'x-padding': padding(url, last.jar) });
    const code = new URL(location).searchParams.get('connection_code');
    if (code === null) throw new Error(`A consent came to nothing: ${new URL(location).search}`);
    finished = [...finished, last].slice(-REMEMBERED);
    return { code, madeAtMs: clock.nowMs(), ...(id !== undefined && { connectionId: id }) };
  };

  const connect = async (id: DemoId): Promise<void> => {
    const { code } = await earnCode(id);
    const redeemed = await api.redeemConsent(id, { connectionCode: code });
    if (!redeemed.ok) throw new Error(`A fresh code was not redeemed: ${redeemed.status}`);
    usedCodes = [...usedCodes, { code, connectionId: id, madeAtMs: clock.nowMs() }].slice(-REMEMBERED);
    connected.add(id);
  };

  /** What the vault calls a user whom the app does not know. */
  const signInOnce = async (): Promise<string> => {
    const { code } = await earnCode(undefined);
    const redeemed = await api.redeemSignIn({ connectionCode: code, appState: LONGEST_APP_STATE });
    if (!redeemed.ok) throw new Error(`A fresh code was not redeemed: ${redeemed.status}`);
    return redeemed.value.connectionId;
  };

  return {
    /** Ready for the next requests. */
    async prepare(): Promise<Material> {
      const nowMs = clock.nowMs();
      const [old, young] = split(
        transactions,
        ({ startedAtMs }) => startedAtMs + TRANSACTION_KEPT_MS < nowMs,
      );
      const [stale, good] = split(codes, ({ madeAtMs }) => madeAtMs + CODE_KEPT_MS < nowMs);
      finished = [...finished, ...old].slice(-REMEMBERED);
      usedCodes = [...usedCodes, ...stale].slice(-REMEMBERED);
      [transactions, codes] = [young, good];
      for (const id of DEMO_IDS) if (!connected.has(id)) await connect(id);
      if (!codes.some(({ connectionId }) => connectionId === undefined))
        codes.push(await earnCode(undefined));
      if (!codes.some(({ connectionId }) => connectionId !== undefined))
        codes.push(await earnCode('demo.bob'));
      while (transactions.length < TRANSACTIONS) {
        const ids = Array.from({ length: TABS }, (_, tab) =>
          tab === 1 ? DEMO_IDS[turn++ % DEMO_IDS.length] : undefined,
        );
        transactions.push(...(await openBrowser(ids)));
      }
      derivedId ??= await signInOnce();
      const connectionIds = [...connected, derivedId];
      return {
        returnUrl: landingUrl,
        transactions,
        finished,
        sessionIds,
        codes,
        usedCodes,
        connectionIds,
        importedIds: [...importedIds],
        subjects: SUBJECTS,
      };
    },
    /** These requests may have used things up. */
    spend(requests: readonly FuzzRequest[], material: Material): void {
      for (const id of requests.flatMap(idsImportedBy)) importedIds.add(id);
      const proven = new Set(requests.map((request) => provenTransaction(request, material)));
      const acted = requests
        .filter(({ method }) => method === 'POST' || method === 'DELETE')
        .map(({ method, path, body }) => ({ method, text: `${path} ${body?.toString('utf8') ?? ''}` }));
      const [gone, left] = split(transactions, (transaction) => proven.has(transaction));
      const [used, unused] = split(codes, ({ code }) => acted.some(({ text }) => text.includes(code)));
      finished = [...finished, ...gone].slice(-REMEMBERED);
      usedCodes = [...usedCodes, ...used].slice(-REMEMBERED);
      [transactions, codes] = [left, unused];
      const isDeleted = (id: string): boolean =>
        acted.some(({ method, text }) => method === 'DELETE' && text.includes(id));
      for (const id of connected) if (isDeleted(id)) connected.delete(id);
      if (!acted.some(({ text }) => SUBJECTS.some((sub) => text.includes(sub)))) return;
      connected.clear();
      derivedId = undefined;
    },
  };
}

function padding(url: URL, jar: readonly string[]): string {
  // What fetch itself adds is far less than this.
  const spare = 600;
  const used = url.href.length + jar.join('; ').length + spare;
  return 'p'.repeat(Math.max(0, GATEWAY_LIMIT_BYTES - used));
}

function split<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}

/** As the vault reads them: after the escapes of JSON. */
function idsImportedBy({ path, body }: FuzzRequest): string[] {
  if (!path.includes('import') || body === undefined) return [];
  const named = body.toString('utf8').matchAll(/"connectionId"\s*:\s*("(?:[^"\\]|\\.)*")/g);
  return [...named].flatMap(([, text = '""']) => {
    try {
      return [String(JSON.parse(text))];
    } catch {
      return [];
    }
  });
}
