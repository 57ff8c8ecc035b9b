import type { ImsAnswer } from './answer.ts';
import { createFaultBook, type ImsFaults } from './faults.ts';
import { createGrantStore, endGrant } from './grant-store.ts';
import { createStandInServer } from './http-server.ts';
import type { ImsContext } from './ims-context.ts';
import { createLedger, type ImsLedger } from './ledger.ts';
import {
  defaultImsProfile,
  type ImsProfile,
  type ImsProfileChange,
  type ImsUserProfileChange,
  withProfileChange,
} from './profile.ts';
import type { ImsRequest } from './request.ts';
import { createRoutes, type Route } from './routes.ts';
import { type AccessTokenInspection, inspectAccessToken } from './token-inspection.ts';
import { createTokenIssuer } from './token-issuer.ts';
import { createSigningKeys, createTokenWriter, type SigningKeys } from './token-writer.ts';
import { type CompleteImsUser, completeUser, defaultImsUsers, type ImsUser } from './users.ts';

export interface ImsStandInOptions {
  /** The clock that decides every expiry and the `Date` header. */
  readonly nowMs: () => number;
  /** Default: a free port. Always on 127.0.0.1. */
  readonly port?: number;
  readonly profile?: ImsProfileChange;
  readonly users?: readonly ImsUser[];
  /** Sees every request before anything is done about it, as `onExchange` sees it afterwards. */
  readonly onArrival?: (request: ImsRequest) => void;
  /**
   * Sees token requests and revocations with what IMS made of them, at the moment it did: before a fault holds the answer
   * up or spoils it, and not at all where a fault strikes before IMS looks.
   */
  readonly onDecision?: (request: ImsRequest, answer: ImsAnswer) => void;
  /** Sees every request with its answer, tokens and secrets included: for tests that look where else those turn up. */
  readonly onExchange?: (request: ImsRequest, answer: ImsAnswer) => void;
  /** Lets several stand-ins share keys, for generating an RSA pair is slow. Default: own keys, made when needed. */
  readonly signingKeys?: SigningKeys;
}

export interface ImsUserControl extends CompleteImsUser {
  /** Changes how IMS treats this user only; these settings win over the credential's. */
  profile(change: ImsUserProfileChange): void;
  /** The user removes the application at Adobe. Access tokens may outlive that at the real service. */
  revokeGrants(options?: { readonly accessTokens?: 'end' | 'survive' }): void;
  /** A consent without a browser, for filling a large fleet. */
  issueGrant(scopes?: readonly string[]): {
    readonly accessToken: string;
    readonly refreshToken: string;
    readonly accessExpiresAtMs: number;
    readonly refreshExpiresAtMs: number;
  };
}

export interface ImsStandIn {
  start(): Promise<{ baseUrl: string }>;
  stop(): Promise<void>;
  baseUrl(): string;
  /** Requests that have arrived and are not settled yet, those of callers that have gone included. */
  inFlight(): number;
  /** Changes the whole credential. */
  profile(change: ImsProfileChange): void;
  currentProfile(): ImsProfile;
  addUser(user: ImsUser): ImsUserControl;
  user(userKey: string): ImsUserControl;
  readonly faults: ImsFaults;
  readonly ledger: ImsLedger;
  inspectAccessToken(token: string): AccessTokenInspection;
}

function createProfiles(initial: ImsProfileChange) {
  let credentialWide = withProfileChange(defaultImsProfile, initial);
  const perUser = new Map<string, ImsUserProfileChange>();
  return {
    current: () => credentialWide,
    of: (userKey: string): ImsProfile => {
      const change = perUser.get(userKey);
      return change === undefined ? credentialWide : withProfileChange(credentialWide, change);
    },
    change: (change: ImsProfileChange): void => {
      credentialWide = withProfileChange(credentialWide, change);
    },
    changeUser: (userKey: string, change: ImsUserProfileChange): void => {
      perUser.set(userKey, withProfileChange(perUser.get(userKey) ?? {}, change));
    },
  };
}

function createUserControl(
  ims: ImsContext,
  user: CompleteImsUser,
  changeUser: (userKey: string, change: ImsUserProfileChange) => void,
): ImsUserControl {
  return {
    ...user,
    profile: (change) => changeUser(user.key, change),
    revokeGrants: ({ accessTokens = 'end' } = {}) => {
      for (const grant of ims.grants.grantsOf(user.key)) endGrant(grant, ims.nowMs(), accessTokens);
    },
    issueGrant: (scopes = ['openid', 'AdobeID', 'offline_access']) => {
      const { clientId } = ims.profile().credential;
      const { access, refresh } = ims.profileOf(user.key);
      const consentedAtMs = ims.nowMs();
      const grant = ims.grants.openGrant({ userKey: user.key, clientId, scopes, consentedAtMs });
      const refreshToken = ims.issuer.refreshToken(grant, null);
      const refreshExpiresAtMs = consentedAtMs + refresh.lifetimeSeconds * 1_000;
      return {
        refreshToken,
        accessToken: ims.issuer.accessToken(grant, scopes, refreshExpiresAtMs),
        accessExpiresAtMs: consentedAtMs + access.lifetimeSeconds * 1_000,
        refreshExpiresAtMs,
      };
    },
  };
}

/** A server that behaves like Adobe IMS as far as it is known, with a switch for everything that is not. */
export function createImsStandIn(options: ImsStandInOptions): ImsStandIn {
  const { nowMs } = options;
  const profiles = createProfiles(options.profile ?? {});
  const users = new Map<string, CompleteImsUser>();
  const grants = createGrantStore();
  const keys = options.signingKeys ?? createSigningKeys();
  const faults = createFaultBook();
  const profileOf = profiles.of;
  const ledger = createLedger({ nowMs, grants, profileOf });

  const server = createStandInServer({ nowMs, port: options.port ?? 0, route: () => observed });
  const { baseUrl } = server;
  const writer = createTokenWriter(keys);
  const issuer = createTokenIssuer({ nowMs, baseUrl, profileOf, users, grants, ledger, writer });
  const profile = profiles.current;
  const ims: ImsContext = {
    nowMs,
    baseUrl,
    profile,
    profileOf,
    users,
    grants,
    issuer,
    keys,
    ledger,
    faults,
    onDecision: (request, answer) => options.onDecision?.(request, answer),
  };
  const route = createRoutes({ ims, sleep: server.sleep });
  const observed: Route = async (request) => {
    options.onArrival?.(request);
    const result = await route(request);
    options.onExchange?.(request, result.answer);
    return result;
  };

  const control = (user: CompleteImsUser) => createUserControl(ims, user, profiles.changeUser);
  const addUser = (user: ImsUser): ImsUserControl => {
    const complete = completeUser(user);
    users.set(complete.key, complete);
    return control(complete);
  };
  for (const user of options.users ?? defaultImsUsers) addUser(user);

  return {
    start: server.start,
    stop: server.stop,
    inFlight: server.inFlight,
    baseUrl,
    profile: profiles.change,
    currentProfile: profiles.current,
    addUser,
    user: (userKey) => {
      const user = users.get(userKey);
      if (user === undefined) throw new Error(`Expected a known test user, got ${userKey}`);
      return control(user);
    },
    faults,
    ledger,
    inspectAccessToken: (token) => inspectAccessToken(ims, token),
  };
}
