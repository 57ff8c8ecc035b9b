import { createAuthenticConsents } from '../../../functions/adapters/consent-mac/authentic-consents.ts';
import { createOutcomePage, type PageSettings } from '../../../functions/adapters/http/outcome-page.ts';
import { withPageBoundary, withProblemBoundary } from '../../../functions/adapters/http/routing.ts';
import {
  buildAuthorizationUrl,
  createPkce,
  readAuthorizationResponse,
} from '../../../functions/adapters/ims/authorization.ts';
import { createTransactionCookies } from '../../../functions/adapters/transaction-cookie/transaction-cookies.ts';
import { createAuthorizeRoute } from '../../../functions/authorize/route.ts';
import { createCallbackRoute } from '../../../functions/callback/route.ts';
import { createConsentsRoute } from '../../../functions/consents/route.ts';
import {
  type CompleteDeps,
  createCompleteTransaction,
} from '../../../functions/core/consent/complete-transaction.ts';
import { createOpenConsent } from '../../../functions/core/consent/open-consent.ts';
import { createRedeemCode, type RedeemDeps } from '../../../functions/core/consent/redeem-code.ts';
import { createStartTransaction } from '../../../functions/core/consent/start-transaction.ts';
import type { AuthorizationEndpoint } from '../../../functions/core/ports/ims.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';
import { createFakeConsentStore } from '../../support/fakes/fake-consent-store.ts';
import { createSeededRandom } from '../../support/fakes/seeded-random.ts';

export const CLIENT_ID = 'example-client-id';
export const IMS = 'https://ims.example';
const CALLBACK_URL = 'https://vault.example/callback';
const AUTHORIZE_URL = 'https://vault.example/authorize';
export const RETURN_TO = 'https://app.example/back';
export const OTHER_RETURN_TO = 'https://app.example/settings?tab=adobe';
export const APP_STATE = 'app-state-0123456789-~._';
export const SUBJECT = '0123456789ABCDEF01234567@AdobeID';
export const COOKIE_KEY = 'cookie-key-of-43-random-characters-in-base64';

/** The settings and parts that a test may change before the world is built. */
export interface WorldOptions {
  readonly scopes?: readonly string[];
  readonly scopeSets?: readonly string[];
  readonly storeProfile?: boolean;
  readonly revocationScope?: 'unknown' | 'token' | 'user';
  /** What Adobe really ends when one token is revoked. */
  readonly revokesAt?: 'token' | 'grant' | 'user';
  readonly plainSignIn?: boolean;
  /** For the callback and the redeem. Default: the same as for `/authorize`. */
  readonly laterReturnUrls?: readonly string[];
  /** Wraps the parts of the callback, for example with faults. */
  readonly callback?: (deps: CompleteDeps) => CompleteDeps;
  /** Wraps the parts of the redeem. */
  readonly redeem?: (deps: RedeemDeps) => RedeemDeps;
  readonly callbackMs?: number;
  readonly cookieKey?: string;
  readonly pages?: PageSettings;
}

type Headers = Readonly<Record<string, string>>;

export type ConsentWorld = ReturnType<typeof createConsentWorld>;

/** The whole sign-in over fakes: three routes as API Gateway calls them, and everything that they touch. */
export function createConsentWorld(options: WorldOptions = {}) {
  const scopes = options.scopes ?? ['openid', 'offline_access'];
  const scopeSets = ['*', ...(options.scopeSets ?? [])];
  const returnUrls = [RETURN_TO, OTHER_RETURN_TO];
  const revocationScope = options.revocationScope ?? 'unknown';
  const provider = options.revokesAt ? { revocationScope: options.revokesAt } : {};
  const vault = createFakeVault(provider, undefined, { clientId: CLIENT_ID, scopeSets, revocationScope });
  const { clock, telemetry } = vault;
  /** The table as another writer sees it. The use cases get a store that accepts only the vault's own records. */
  const table = createFakeConsentStore({ clock });
  const cookieKeys = { current: new Secret(options.cookieKey ?? COOKIE_KEY) };
  const keys = { read: async () => cookieKeys };
  const transactions = createTransactionCookies({ keys, clock });
  const consents = createAuthenticConsents({ store: table, keys, telemetry });
  const authorization: AuthorizationEndpoint = {
    createPkce,
    urlFor: (request) =>
      buildAuthorizationUrl({ ...request, imsBaseUrl: IMS, clientId: CLIENT_ID, redirectUri: CALLBACK_URL }),
    readResponse: (parameters, state) => readAuthorizationResponse(parameters, { state, issuers: [IMS] }),
  };

  const deps = {
    ...vault.deps,
    transactions,
    authorization,
    consents,
    random: createSeededRandom('consent'),
  };
  const startTransaction = createStartTransaction({
    ...deps,
    settings: { scopes, returnUrls, plainSignIn: options.plainSignIn ?? true },
  });
  const completeDeps: CompleteDeps = {
    ...deps,
    settings: {
      clientId: CLIENT_ID,
      scopes,
      callbackUrl: CALLBACK_URL,
      returnUrls: options.laterReturnUrls ?? returnUrls,
      scopeSets,
      storeProfile: options.storeProfile ?? false,
      revocationScope,
    },
  };
  const redeemDeps: RedeemDeps = { ...deps, scopeSets };
  const completeTransaction = createCompleteTransaction(options.callback?.(completeDeps) ?? completeDeps);
  const redeemCode = createRedeemCode(options.redeem?.(redeemDeps) ?? redeemDeps);
  const openConsent = createOpenConsent({ ...deps, settings: { returnUrls } });
  const contextOf = (totalMs: number) => {
    const endsAt = clock.monotonicMs() + totalMs;
    return { getRemainingTimeInMillis: () => endsAt - clock.monotonicMs() };
  };
  const page = createOutcomePage(options.pages ?? {});
  const boundary = { telemetry, page };
  const authorizeRoute = withPageBoundary(createAuthorizeRoute({ startTransaction, page }), boundary);
  const callbackRoute = withPageBoundary(createCallbackRoute({ completeTransaction, page }), boundary);
  const consentsRoute = withProblemBoundary(
    createConsentsRoute({ openConsent, redeemCode, authorizeUrl: AUTHORIZE_URL }),
    { telemetry },
  );

  return {
    ...vault,
    consents: table,
    cookieKeys,
    scopeSets,
    authorize: (query: string, cookies: readonly string[] = [], headers: Headers = {}) =>
      authorizeRoute(
        { routeKey: 'GET /authorize', rawQueryString: query, cookies, headers },
        contextOf(10_000),
      ),
    callback: (query: string, cookies: readonly string[] = [], headers: Headers = {}) =>
      callbackRoute(
        { routeKey: 'GET /callback', rawQueryString: query, cookies, headers },
        contextOf(options.callbackMs ?? 29_000),
      ),
    post: (routeKey: string, connectionId: string | undefined, body: unknown) =>
      consentsRoute(
        {
          routeKey: `POST ${routeKey}`,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
          ...(connectionId !== undefined && { pathParameters: { connectionId } }),
        },
        contextOf(10_000),
      ),
  };
}
