import { randomBytes } from 'node:crypto';

/** A user of the application, known by the application's cookie. */
export interface Session {
  readonly id: string;
  /** The application's own key for this user, and the connectionId under which the vault keeps the consent. */
  readonly userId: string;
  /** An attempt to connect that this browser has begun. */
  attempt?: Attempt;
  connection?: SessionConnection;
  /** What the last thing came to; shown once. */
  notice?: Notice;
}

export interface Attempt {
  readonly kind: AttemptKind;
  /** Comes back with the browser, and must be this one. */
  readonly appState: string;
}

/** `known-user`: for the user of this session. `sign-in`: for the Adobe user who signs in, under an id that the vault derives. */
export type AttemptKind = 'known-user' | 'sign-in';

export interface SessionConnection {
  readonly connectionId: string;
  readonly kind: AttemptKind;
  /** Adobe's name for the user. */
  readonly sub: string | undefined;
}

export interface Notice {
  readonly tone: 'good' | 'bad' | 'plain';
  readonly text: string;
}

export interface Sessions {
  /** The session of a cookie header, or a new one with the cookie to set. */
  open(cookieHeader: string): { readonly session: Session; readonly setCookie?: string };
}

const COOKIE = 'demo_app_session';
const MAX_SESSIONS = 1_000;

/** 256 random bits, base64url. */
export function randomText(): string {
  return randomBytes(32).toString('base64url');
}

export function createSessions(): Sessions {
  const sessions = new Map<string, Session>();

  const create = (): Session => {
    const session: Session = { id: randomText(), userId: `demo.user-${randomBytes(5).toString('hex')}` };
    const [oldest] = sessions.keys();
    if (sessions.size >= MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest);
    sessions.set(session.id, session);
    return session;
  };

  return {
    open: (cookieHeader) => {
      const id = new RegExp(`(?:^|;\\s*)${COOKIE}=([A-Za-z0-9_-]+)`).exec(cookieHeader)?.[1];
      const known = sessions.get(id ?? '');
      if (known) return { session: known };
      const session = create();
      // No `Secure`: this page is http on loopback. A real application's cookie has it.
      return { session, setCookie: `${COOKIE}=${session.id}; Path=/; HttpOnly; SameSite=Lax` };
    },
  };
}
