import { randomBytes } from 'node:crypto';
import type { ConnectionStatusResponse } from '../../client/contract.ts';
import { ConnectionNotFoundError } from '../../client/vault-error.ts';
import { imsEndpoints } from '../../functions/adapters/ims/ims-endpoints.ts';
import { CliError } from '../cli-error.ts';
import type { CliSession } from '../cli-session.ts';
import { type VaultFacts, type VaultFunction, variableOf } from '../doctor/vault-facts.ts';
import { explainError } from '../explain-error.ts';
import { awaitReturn, type BrowserReturn } from './browser-return.ts';
import { failed, held, notRun, type StepOutcome, type VerificationStep } from './verification.ts';

export interface WalkDeps {
  readonly session: CliSession;
  readonly facts: () => Promise<VaultFacts>;
  /** The operator wants to leave. */
  readonly signal: AbortSignal;
  /** The part of the connection id before the dot. */
  readonly tenant: string;
  /** One of the vault's return URLs. Absent: one of this machine, or else the first. */
  readonly returnTo: string | undefined;
  /** How long to wait for the operator's sign-in. */
  readonly waitMs: number;
}

/** The connection of one run, from its sign-in page to its end. */
export interface Walk extends WalkDeps {
  /** Fresh and random, so no connection of this name existed before. */
  readonly connectionId: string;
  /** What the run knows that no log may contain, with its name. */
  readonly secrets: Map<string, string>;
  /** The functions that the run has called, so that their logs must show it. */
  readonly called: Set<VaultFunction>;
  link: SignInLink | undefined;
  /** From the moment that a browser could make it exist until it is known to have ended. */
  mayExist: boolean;
}

interface SignInLink {
  readonly authorizeUrl: string;
  readonly returnTo: URL;
  readonly appState: string;
}

const ID_BYTES = 12;

export function startWalk(deps: WalkDeps): Walk {
  const connectionId = `${deps.tenant}.${randomBytes(ID_BYTES).toString('hex')}`;
  return { ...deps, connectionId, secrets: new Map(), called: new Set(), link: undefined, mayExist: false };
}

/** The walk of a user: the sign-in page, then Adobe, then the callback. */
export function signInSteps(walk: Walk): readonly VerificationStep[] {
  return [
    { name: 'sign-in-page', needs: ['doctor'], run: () => openSignInPage(walk) },
    { name: 'callback', needs: ['sign-in-page'], run: () => connect(walk) },
  ];
}

const APP_STATE_BYTES = 24;
const PAGE_TIMEOUT_MS = 15_000;

/** Opens a consent session, and asks for its page as a browser would. The page does not consume the link. */
async function openSignInPage(walk: Walk): Promise<StepOutcome> {
  const { session, connectionId, secrets } = walk;
  const facts = await walk.facts();
  const returnTo = chooseReturnUrl(walk.returnTo, facts);
  const appState = randomBytes(APP_STATE_BYTES).toString('base64url');
  const api = await session.api();
  const { authorizeUrl } = await api.openConsent(connectionId, { returnTo: returnTo.href, appState });
  walk.link = { authorizeUrl, returnTo, appState };
  walk.mayExist = true;
  walk.called.add('consents').add('authorize');
  secrets.set('the app state', appState);
  secrets.set('the id of the consent session', new URL(authorizeUrl).searchParams.get('session') ?? '');

  const page = await session.world.fetch(authorizeUrl, {
    redirect: 'manual',
    signal: AbortSignal.timeout(PAGE_TIMEOUT_MS),
  });
  await page.body?.cancel();
  const problem = problemOfPage(page, facts);
  if (problem === undefined) {
    const { host } = new URL(page.headers.get('location') ?? '');
    return held(`A consent was opened. /authorize redirects to ${host}, with PKCE, a state and its cookie.`);
  }
  return failed(problem, 'Read the log of the function authorize, and the findings of doctor.');
}

/** @throws CliError when the vault has no such return URL */
function chooseReturnUrl(wanted: string | undefined, facts: VaultFacts): URL {
  const returnUrls = JSON.parse(variableOf(facts, 'consents', 'RETURN_URLS') ?? '[]') as readonly string[];
  const chosen =
    wanted === undefined
      ? (returnUrls.find((url) => url.startsWith('http://')) ?? returnUrls[0])
      : returnUrls.find((url) => url === wanted);
  if (chosen !== undefined) return new URL(chosen);
  throw new CliError(
    'return_url_unknown',
    `${wanted ?? 'Nothing'} is not one of the vault's return URLs: ${returnUrls.join(', ') || 'none is known'}.`,
    { exitCode: 1, remedy: 'Pass one of them with --return-to, or add it to the setting returnUrls.' },
  );
}

/** RFC 6749 §4.1.1 and RFC 7636 §4.3, with the values of this vault. */
function problemOfPage({ status, headers }: Response, facts: VaultFacts): string | undefined {
  const location = headers.get('location') ?? '';
  if (status !== 303 || !URL.canParse(location)) {
    return `/authorize answers with status ${status} and a page, not with a redirect to Adobe.`;
  }
  const { origin, pathname, searchParams } = new URL(location);
  const ims = new URL(imsEndpoints(variableOf(facts, 'authorize', 'IMS_BASE_URL') ?? '').authorize);
  if (origin + pathname !== ims.origin + ims.pathname) return `/authorize redirects to ${origin}${pathname}.`;
  const expected = {
    client_id: variableOf(facts, 'authorize', 'CLIENT_ID'),
    redirect_uri: facts.stack.outputs.CallbackUrl,
    response_type: 'code',
    code_challenge_method: 'S256',
  };
  const wrong = Object.entries(expected).filter(([name, value]) => searchParams.get(name) !== value);
  if (wrong.length > 0) return `The request to Adobe has another ${wrong.map(([name]) => name).join(', ')}.`;
  const absent = ['state', 'nonce', 'code_challenge'].filter((name) => !searchParams.get(name));
  if (absent.length > 0) return `The request to Adobe has no ${absent.join(', ')}.`;
  const isCookie = (cookie: string) =>
    cookie.startsWith('__Host-') && /; *secure/i.test(cookie) && /; *httponly/i.test(cookie);
  return headers.getSetCookie().some(isCookie) ? undefined : '/authorize sets no cookie for the sign-in.';
}

/** The operator signs in; the browser comes back; the code is redeemed. */
async function connect(walk: Walk): Promise<StepOutcome> {
  const { session, link, connectionId, waitMs, signal } = walk;
  if (link === undefined) return notRun('There is no sign-in link.', 'Run the verification again.');
  const { progress } = session.output;
  const invitation = invitationTo(link, connectionId);
  const back = await awaitReturn(session.world, { ...link, invitation, waitMs, signal, progress });
  if (back.kind !== 'code') return unsuccessful(back, link);
  walk.secrets.set('the connection code', back.code.reveal());
  walk.called.add('callback').add('connections');
  const api = await session.api();
  const redeemed = await api.redeemConsent(connectionId, { connectionCode: back.code.reveal() });
  if (!redeemed.renewable) {
    const remedy =
      "Add offline_access to the setting scopes and to the credential's Scopes tab, deploy, and sign in again.";
    return failed('The connection exists, but Adobe sent no refresh token.', remedy);
  }
  return connectedOutcome(await api.status(connectionId));
}

/** The vault revokes nothing that could end another connection of the same person (decision 0034). */
const invitationTo = ({ authorizeUrl }: SignInLink, connectionId: string): string =>
  `Open this link in your browser, and sign in with an Adobe account that has no other connection in this vault.
With one that has, the step disconnect fails: the vault revokes no grant if that may end another one.

  ${authorizeUrl}

It creates the connection ${connectionId}, which the run ends.`;

function unsuccessful(back: Exclude<BrowserReturn, { kind: 'code' }>, { returnTo }: SignInLink): StepOutcome {
  switch (back.kind) {
    case 'error':
      return failed(
        `The browser came back with the error ${back.error}.`,
        'Run the verification again, and allow the access at Adobe. docs/errors.md explains the error.',
      );
    case 'late':
      return failed(
        'No browser came back in time.',
        "Look at the page where the browser stopped. If it is Adobe's, compare the redirect URI (doctor prints it) and the beta users in the Adobe Developer Console. Allow more time with --wait.",
      );
    case 'left':
      return notRun('You left during the sign-in.', 'Run the verification again.');
    case 'no-way-back':
      return notRun(
        `The browser ends at ${returnTo.href}, and no user is at the terminal to copy its address.`,
        'Run the verification in a terminal, or pass a free return URL of this machine with --return-to.',
      );
  }
}

function connectedOutcome(status: ConnectionStatusResponse): StepOutcome {
  const { state, nextRotationAt, refreshExpiresAt } = status;
  if (state !== 'active' || nextRotationAt === undefined) {
    const seen = `The connection is ${state}${nextRotationAt === undefined ? ' and has no next rotation' : ''}.`;
    return failed(seen, 'Read the logs of the functions callback and consents.');
  }
  return held(
    `The connection exists and is active. Next rotation: ${nextRotationAt}. The grant expires: ${refreshExpiresAt ?? 'unknown'}.`,
  );
}

/** What became of the connection of a run that did not disconnect it. */
export type CleanUp =
  | { readonly kind: 'nothing-left' | 'disconnected' }
  | { readonly kind: 'left-behind'; readonly connectionId: string; readonly why: string };

const CLEAN_UP_TRIES = 3;
const CLEAN_UP_PAUSE_MS = 2_000;

/** Ends the connection of this run, and no other. Also after a failure or Ctrl-C. Never throws. */
export async function cleanUp({ session, connectionId, mayExist }: Walk): Promise<CleanUp> {
  if (!mayExist) return { kind: 'nothing-left' };
  let why = '';
  for (let number = 1; number <= CLEAN_UP_TRIES; number += 1) {
    try {
      await (await session.api()).disconnect(connectionId);
      return { kind: 'disconnected' };
    } catch (error) {
      if (error instanceof ConnectionNotFoundError) return { kind: 'nothing-left' };
      why = explainError(error)?.message ?? String(error);
    }
    if (number < CLEAN_UP_TRIES) await session.world.sleep(CLEAN_UP_PAUSE_MS);
  }
  return { kind: 'left-behind', connectionId, why };
}
