/** What can go wrong between a client and IMS, at will. */
export type ImsFault =
  | { readonly kind: 'rate-limited'; readonly retryAfter?: RetryAfter }
  | { readonly kind: 'unavailable'; readonly retryAfterSeconds?: number; readonly afterCommit?: boolean }
  | { readonly kind: 'empty-500'; readonly afterCommit?: boolean }
  | { readonly kind: 'html-body'; readonly status?: number; readonly afterCommit?: boolean }
  /** What stands before IMS answers in its place. */
  | {
      readonly kind: 'gateway-error';
      readonly status: 500 | 502 | 503 | 504;
      readonly body?: 'empty' | 'html' | 'json';
      readonly retryAfterSeconds?: number;
      readonly afterCommit?: boolean;
    }
  /** Any OAuth error, for refusals the other switches do not produce. */
  | { readonly kind: 'error'; readonly status: number; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: 'truncated-json' }
  /** Real time. The request is processed first unless `before` is set, so a client that gives up loses the answer. */
  | { readonly kind: 'slow'; readonly delayMs: number; readonly before?: boolean }
  /** The same until the signal aborts. */
  | { readonly kind: 'held'; readonly until: AbortSignal; readonly before?: boolean }
  | { readonly kind: 'cut-before-processing' }
  /** The lost answer: the rotation is committed, and the connection dies before a byte is sent. */
  | { readonly kind: 'cut-after-commit' }
  /** The connection dies after this number of bytes of the body, or at a member of its JSON. Default: after half of the bytes. */
  | {
      readonly kind: 'cut-within-answer';
      readonly bytes?: number;
      readonly at?: MemberPlace;
      readonly framing?: CutFraming;
    }
  /** The whole answer, in chunks of this size. */
  | { readonly kind: 'chunked'; readonly chunkBytes?: number }
  | { readonly kind: 'no-access-token' }
  | { readonly kind: 'expires-in-null' }
  | { readonly kind: 'no-token-type' }
  | { readonly kind: 'oversized-body'; readonly bytes?: number }
  | { readonly kind: 'wrong-unit' };

export interface MemberPlace {
  readonly place: 'before' | 'in' | 'after';
  readonly member: string;
}

/**
 * How the length of a body was announced that breaks off. `chunked`: the last chunk is missing. `within-a-chunk`: the rest of one
 * is. `too-long`: also a body that was sent whole seems to break off. `too-short`: what was sent seems to be whole.
 */
export type CutFraming = 'length' | 'chunked' | 'within-a-chunk' | 'too-long' | 'too-short';

/** `body`: the field `retryAfter` in the JSON instead of the header. */
export type RetryAfter =
  | { readonly as: 'seconds'; readonly seconds: number }
  | { readonly as: 'http-date'; readonly seconds: number }
  | { readonly as: 'body'; readonly seconds: number };

export type FaultEndpoint = 'token' | 'authorize' | 'revoke';

/** The request that a fault may strike. `user` is undefined while IMS does not know it. */
export interface FaultSubject {
  readonly endpoint: FaultEndpoint;
  readonly user: string | undefined;
  readonly grantType: string | undefined;
}

export interface FaultFilter {
  /** Default: `token`. */
  readonly endpoint?: FaultEndpoint;
  readonly user?: string;
  readonly grantType?: 'authorization_code' | 'refresh_token';
  /** For shares and patterns; called once per request that fits the rest of the filter. */
  readonly when?: (subject: FaultSubject) => boolean;
}

export interface ImsFaults {
  /** Strikes the next requests that fit, once each in the order given. */
  next(fault: ImsFault | readonly ImsFault[], filter?: FaultFilter): void;
  /** Strikes every request that fits, when nothing is queued for it. Returns a function that ends this fault alone. */
  always(fault: ImsFault, filter?: FaultFilter): () => void;
  clear(): void;
}

export interface FaultBook extends ImsFaults {
  take(subject: FaultSubject): ImsFault | undefined;
}

interface Rule {
  readonly fault: ImsFault;
  readonly filter: FaultFilter;
}

function fits({ filter }: Rule, subject: FaultSubject): boolean {
  return (
    (filter.endpoint ?? 'token') === subject.endpoint &&
    (filter.user === undefined || filter.user === subject.user) &&
    (filter.grantType === undefined || filter.grantType === subject.grantType) &&
    (filter.when === undefined || filter.when(subject))
  );
}

export function createFaultBook(): FaultBook {
  let queue: Rule[] = [];
  let standing: Rule[] = [];

  return {
    next: (fault, filter = {}) => {
      const faults = Array.isArray(fault) ? fault : [fault];
      queue.push(...faults.map((each) => ({ fault: each, filter })));
    },
    always: (fault, filter = {}) => {
      const rule = { fault, filter };
      standing.push(rule);
      return () => {
        standing = standing.filter((each) => each !== rule);
      };
    },
    clear: () => {
      queue = [];
      standing = [];
    },
    take: (subject) => {
      const queued = queue.find((rule) => fits(rule, subject));
      if (queued === undefined) return standing.find((rule) => fits(rule, subject))?.fault;
      queue = queue.filter((rule) => rule !== queued);
      return queued.fault;
    },
  };
}
