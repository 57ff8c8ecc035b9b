import type { CompleteDeps } from './complete-deps.ts';
import type { ConsentSession } from './consent.ts';
import type { Destination } from './consent-destination.ts';
import { handleDigest, returnUrlKey, withIdentity } from './consent-parameters.ts';
import type { AuthorizationTransaction } from './transaction.ts';

/** What a transaction was for. */
export interface ResolvedTarget {
  readonly scopes: readonly string[];
  /** Absent: the vault shows its own page. */
  readonly destination?: Destination;
  /** Absent: a plain sign-in. */
  readonly session?: ConsentSession;
}

/** `session-gone`: the consent session is unknown or has expired. */
export async function resolveTarget(
  { consents, clock, settings }: Pick<CompleteDeps, 'consents' | 'clock' | 'settings'>,
  attempt: AuthorizationTransaction,
): Promise<ResolvedTarget | 'session-gone'> {
  const { target, connectionCode } = attempt;
  const destination = (key: string, appState: string | undefined): { destination?: Destination } => {
    const returnUrl = settings.returnUrls.find((url) => returnUrlKey(url) === key);
    if (returnUrl === undefined) return {};
    return { destination: { returnUrl, connectionCode, ...(appState !== undefined && { appState }) } };
  };
  switch (target.kind) {
    case 'own-page':
      return { scopes: withIdentity(settings.scopes) };
    case 'return':
      return {
        scopes: withIdentity(settings.scopes),
        ...destination(target.returnUrlKey, target.appState),
      };
    case 'session': {
      const session = await consents.readSession(handleDigest(target.sessionId), clock.nowMs());
      if (session === undefined) return 'session-gone';
      const scopes = withIdentity(session.scopes ?? settings.scopes);
      return { scopes, session, ...destination(session.returnUrlKey, session.appState) };
    }
  }
}
