import { timingSafeEqual } from 'node:crypto';
import type { RedeemResponse } from '../../../client/contract.ts';
import type { Timeline } from '../world/timeline.ts';
import { outcomeText, problemText } from './outcome-texts.ts';
import { type Attempt, type AttemptKind, randomText, type Session } from './sessions.ts';
import type { VaultAnswer, VaultApi } from './vault-api.ts';

export interface ConnectUserDeps {
  readonly vault: VaultApi;
  /** The vault's public address for browsers. */
  readonly authorizeUrl: () => string;
  /** One of the vault's return URLs: where the browser comes back to this application. */
  readonly returnUrl: () => string;
  readonly timeline: Timeline;
  /** Lets the timeline catch up with what has happened elsewhere. */
  readonly look: () => void;
}

/** The part of the browser leg that belongs to the application: sending the browser out, and taking it back. */
export interface ConnectUser {
  /** Answers where to send the browser, or undefined with a notice in the session. */
  begin(session: Session, kind: AttemptKind): Promise<string | undefined>;
  finish(session: Session, query: URLSearchParams): Promise<void>;
}

export function createConnectUser(deps: ConnectUserDeps): ConnectUser {
  const { vault, timeline } = deps;

  const openConsent = async (session: Session, appState: string): Promise<string | undefined> => {
    const answer = await vault.openConsent(session.userId, { returnTo: deps.returnUrl(), appState });
    if (answer.ok) return answer.value.authorizeUrl;
    session.notice = { tone: 'bad', text: problemText(answer) };
    return undefined;
  };

  const signInUrl = (appState: string): string => {
    const url = new URL(deps.authorizeUrl());
    url.searchParams.set('return_to', deps.returnUrl());
    url.searchParams.set('app_state', appState);
    return url.href;
  };

  const redeem = (
    session: Session,
    { kind, appState }: Attempt,
    connectionCode: string,
  ): Promise<VaultAnswer<RedeemResponse>> =>
    kind === 'known-user'
      ? vault.redeemConsent(session.userId, { connectionCode })
      : vault.redeemSignIn({ connectionCode, appState });

  return {
    begin: async (session, kind) => {
      const appState = randomText();
      session.attempt = { kind, appState };
      timeline.add('you', 'pressed “Sign in with Adobe”.');
      return kind === 'known-user' ? openConsent(session, appState) : signInUrl(appState);
    },

    finish: async (session, query) => {
      deps.look();
      const { attempt } = session;
      delete session.attempt;
      // First check that this browser started the sign-in it returns from. A link sent to another user did not.
      if (!attempt || !isSame(query.get('app_state'), attempt.appState)) {
        timeline.add('app', 'refused a return that this browser had not begun.');
        session.notice = { tone: 'bad', text: 'That sign-in was not begun here. Nothing was connected.' };
        return;
      }
      const error = query.get('error');
      if (error !== null) {
        timeline.add('app', `took the browser back without a connection: ${error}.`);
        session.notice = { tone: 'bad', text: outcomeText(error) };
        return;
      }
      const answer = await redeem(session, attempt, query.get('connection_code') ?? '');
      if (!answer.ok) {
        session.notice = { tone: 'bad', text: problemText(answer) };
        return;
      }
      // The id is what the vault answered to a signed request, never what a browser brought.
      const { connectionId, sub, keptPrevious } = answer.value;
      session.connection = { connectionId, kind: attempt.kind, sub };
      timeline.add('app', `redeemed the one-time code on its server: the connection is ${connectionId}.`);
      session.notice = {
        tone: 'good',
        text: keptPrevious ? 'Your earlier connection was kept.' : 'You are connected with Adobe.',
      };
    },
  };
}

function isSame(given: string | null, expected: string): boolean {
  const [ours, theirs] = [Buffer.from(expected), Buffer.from(given ?? '')];
  return ours.length === theirs.length && timingSafeEqual(ours, theirs);
}
