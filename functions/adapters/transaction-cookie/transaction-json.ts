import * as v from 'valibot';
import {
  type AuthorizationTransaction,
  isAppState,
  isRandomHandle,
  type TransactionTarget,
} from '../../core/consent/transaction.ts';
import { Secret } from '../../core/secret.ts';

/** Member names are one letter: a cookie has to stay below 1,000 bytes. */
const compactTransaction = v.strictObject({
  s: v.string(),
  v: v.string(),
  n: v.optional(v.string()),
  c: v.string(),
  t: v.number(),
  /** Key of the return URL and the app's state. */
  r: v.optional(v.strictTuple([v.string(), v.custom<string>(isAppState)])),
  /** Id of the consent session. */
  i: v.optional(v.custom<string>(isRandomHandle)),
});

type CompactTransaction = v.InferOutput<typeof compactTransaction>;

export function encodeTransaction(attempt: AuthorizationTransaction): string {
  const { target } = attempt;
  const compact: CompactTransaction = {
    s: attempt.state,
    v: attempt.codeVerifier.reveal(),
    ...(attempt.nonce !== undefined && { n: attempt.nonce }),
    c: attempt.connectionCode.reveal(),
    t: attempt.startedAtMs,
    ...(target.kind === 'return' && { r: [target.returnUrlKey, target.appState] as [string, string] }),
    ...(target.kind === 'session' && { i: target.sessionId }),
  };
  return JSON.stringify(compact);
}

/** Absent when the text is of another layout, such as that of an older release. */
export function decodeTransaction(text: string): AuthorizationTransaction | undefined {
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), compactTransaction), text);
  if (!result.success) return undefined;
  const { s, v: verifier, n, c, t } = result.output;
  return {
    state: s,
    codeVerifier: new Secret(verifier),
    ...(n !== undefined && { nonce: n }),
    connectionCode: new Secret(c),
    startedAtMs: t,
    target: targetOf(result.output),
  };
}

function targetOf({ r, i }: CompactTransaction): TransactionTarget {
  if (i !== undefined) return { kind: 'session', sessionId: i };
  if (r !== undefined) return { kind: 'return', returnUrlKey: r[0], appState: r[1] };
  return { kind: 'own-page' };
}
