import { createHash } from 'node:crypto';

/** A consent that a browser has brought as far as the callback, which it has not opened yet. */
export interface Attempt {
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
  readonly attempts: readonly Attempt[];
  /** Ended or expired; cookie and state still agree. */
  readonly finished: readonly Attempt[];
  readonly sessionIds: readonly string[];
  readonly codes: readonly ConnectionCode[];
  readonly usedCodes: readonly ConnectionCode[];
  readonly connectionIds: readonly string[];
  /** Whatever a hostile import may have brought in. */
  readonly importedIds: readonly string[];
  /** Adobe's `sub` of those who sign in. */
  readonly subjects: readonly string[];
}

/** RFC 6265: the pair ends at the first `=`. */
export const cookieNameIn = (pair: string): string => pair.slice(0, Math.max(0, pair.indexOf('='))).trim();

/** The items that only a callback with this state and its cookie may put: each of them ends something for good. */
export const consumedBy = ({ state, sessionId }: Attempt): readonly string[] =>
  [state, ...(sessionId === undefined ? [] : [sessionId])].map((handle) => `state#${digestOf(handle)}`);

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
