import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OpenConsentRequest } from '../../../client/contract.ts';
import { createTokenClient } from '../../../client/token-client.ts';
import { createVirtualClock, type VirtualClock } from '../../../local/clock/virtual-clock.ts';
import { createVaultApi, type VaultApi } from '../../../local/demo/app/vault-api.ts';
import { createHttpBrowser } from '../../../local/demo/browser/http-browser.ts';
import { readDeployedSettings } from '../../../local/demo/world/deployed-settings.ts';
import { CLIENTS_HANG_UP } from '../../../local/http/clients-hang-up.ts';
import {
  createImsStandIn,
  type ImsStandIn,
  type ImsStandInOptions,
} from '../../../local/ims/ims-stand-in.ts';
import type { ImsProfileChange } from '../../../local/ims/profile.ts';
import { createLightroomStandIn } from '../../../local/lightroom/lightroom-stand-in.ts';
import { createLocalStack, type LocalStackOptions } from '../../../local/stack/local-stack.ts';

export type VaultWorld = Awaited<ReturnType<typeof startVaultWorld>>;

export interface VaultWorldOptions {
  readonly cdkOut: string;
  readonly ims?: ImsProfileChange;
  /** `not-configured` leaves the client secret as the deployment does: without a value. */
  readonly clientSecret?: string | 'not-configured';
  readonly stack?: Pick<LocalStackOptions, 'maxEnvironments' | 'onCall' | 'region' | 'keyMaterials'>;
  /** Another vault of the same credential: Adobe and the clock are the same for both. */
  readonly beside?: { readonly clock: VirtualClock; readonly ims: ImsStandIn };
  /** Default: a day in 2026. */
  readonly startMs?: number;
  /** Watch every request at IMS: as it arrives, and with its answer. */
  readonly onImsArrival?: ImsStandInOptions['onArrival'];
  readonly onImsExchange?: ImsStandInOptions['onExchange'];
  /** The same of tokens and revocations, at the moment IMS acts. */
  readonly onImsDecision?: ImsStandInOptions['onDecision'];
}

type ConsentWishes = Pick<OpenConsentRequest, 'replace' | 'scopes'>;

/** Sleeps between tries, shortened for the tests. */
export const SLEEP_SCALE = 0.02;

export const CLIENT_SECRET = 'p8e-test_client-secret-of-the-stand-in';
const HOUR_MS = 3_600_000;
/** An hourly reconciler would take most of a test's time over idle days. Running less often changes no outcome. */
const QUIET = { recurringEveryMs: 6 * HOUR_MS };
const START_MS = Date.UTC(2026, 10, 22, 12);

/** The synthesised stacks with Adobe's stand-ins around them. Only the test moves the clock. */
export async function startVaultWorld({
  cdkOut,
  ims: profile = {},
  clientSecret = CLIENT_SECRET,
  stack: stackOptions = {},
  beside,
  startMs = START_MS,
  onImsArrival,
  onImsExchange,
  onImsDecision,
}: VaultWorldOptions) {
  const clock = beside?.clock ?? createVirtualClock({ startMs });
  const nowMs = () => clock.nowMs();
  const hosts: Record<string, string> = {};
  const stack = createLocalStack({ ...stackOptions, cdkOut, clock, tickMs: 0, hosts });
  const { clientId, scopes, returnUrl, imsBaseUrl } = readDeployedSettings(stack);
  const ims =
    beside?.ims ??
    createImsStandIn({
      nowMs,
      ...(onImsArrival && { onArrival: onImsArrival }),
      ...(onImsExchange && { onExchange: onImsExchange }),
      ...(onImsDecision && { onDecision: onImsDecision }),
      profile: {
        tokens: { signing: 'hs256' },
        ...profile,
        credential: {
          clientId,
          clientSecrets: [CLIENT_SECRET],
          scopes: [...scopes],
          ...profile.credential,
        },
      },
    });
  const lightroom = createLightroomStandIn({ ims, nowMs });
  const landing = await startLandingPage();
  const [imsServer, lightroomServer] = await Promise.all([
    beside ? { baseUrl: ims.baseUrl() } : ims.start(),
    lightroom.start(),
  ]);
  Object.assign(hosts, {
    [imsBaseUrl]: imsServer.baseUrl,
    'https://lr.adobe.io': lightroomServer.baseUrl,
    [returnUrl.origin]: landing.url,
  });
  await stack.start();
  clock.scaleSleeps(SLEEP_SCALE);
  const vaultOutputs = stack.outputs.AdobeTokenVault ?? {};
  const storeClientSecret = (value: { clientSecret: string; previousClientSecret?: string }) =>
    stack.secrets.put(vaultOutputs.ClientSecretName ?? '', JSON.stringify(value));
  const fillClientSecret = (clientSecret = CLIENT_SECRET) => storeClientSecret({ clientSecret });
  if (clientSecret !== 'not-configured') fillClientSecret(clientSecret);

  /** Days without callers: schedules fire on time, and the reconciler runs every six hours. */
  const passDays = (days: number) => stack.time.advanceBy(days * 24 * HOUR_MS, QUIET);
  const passUntil = (atMs: number) => stack.time.advance(atMs, QUIET);

  const apiAs = (role: string): VaultApi =>
    createVaultApi({
      apiUrl: () => stack.apiUrl,
      region: stackOptions.region ?? 'us-east-1',
      credentials: () => stack.credentialsOf(role),
      nowMs,
    });
  const api = apiAs('WebBackendRole');
  const landingUrl = `${landing.url}${returnUrl.pathname}`;

  /** Sends a fresh browser through a consent session and redeems what it brings back. */
  const connect = async (connectionId: string, user: string, consent: ConsentWishes = {}) => {
    const back = await throughConsent(connectionId, user, consent);
    const connectionCode = back.searchParams.get('connection_code') ?? '';
    return { back, redeemed: await api.redeemConsent(connectionId, { connectionCode }) };
  };

  const throughConsent = async (connectionId: string, user: string, consent: ConsentWishes = {}) => {
    ims.profile({ authorize: { automatic: { user, decision: 'approve' } } });
    const opened = await api.openConsent(connectionId, {
      returnTo: landingUrl,
      appState: 'state-of-the-app-0123456789',
      ...consent,
    });
    if (!opened.ok) throw new Error(`No consent session: ${JSON.stringify(opened.problem)}`);
    return (await createHttpBrowser().open(opened.value.authorizeUrl)).url;
  };

  /** Signs a browser in without a known user. */
  const signIn = async (user: string, query: Record<string, string> = {}) => {
    ims.profile({ authorize: { automatic: { user, decision: 'approve' } } });
    return createHttpBrowser().open(`${stack.apiUrl}/authorize?${new URLSearchParams(query)}`);
  };

  const clientAs = (role: string, fetcher: typeof fetch = fetch) =>
    createTokenClient({
      url: stack.apiUrl,
      region: stackOptions.region ?? 'us-east-1',
      credentials: stack.credentialsOf(role),
      nowMs,
      fetch: fetcher,
    });

  return {
    stack,
    ims,
    lightroom,
    clock,
    api,
    apiAs,
    clientAs,
    connect,
    throughConsent,
    signIn,
    landingUrl,
    passDays,
    passUntil,
    fillClientSecret,
    storeClientSecret,
    /** Everything a table holds, by the variable that names it. */
    itemsOf: (variable: 'CONNECTIONS_TABLE' | 'ACCESS_TOKENS_TABLE' | 'EPHEMERAL_TABLE') =>
      stack.dynamodb.items(stack.functions.get('callback').definition.environment[variable] ?? ''),
    /** What the reading Lambda of the example stack answers. */
    readCatalog: async (connectionId: string) =>
      (await stack.invoke('lightroom-reader', { connectionId })).payload,
    async stop() {
      await stack.stop();
      await Promise.all([beside ? undefined : ims.stop(), lightroom.stop(), landing.stop()]);
    },
  };
}

/** The page at the app's return URL, which is empty. */
async function startLandingPage() {
  const server = createServer(CLIENTS_HANG_UP, (_request, response) => response.end('landed'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
