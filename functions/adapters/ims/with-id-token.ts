import type { ReceivedTokens, TokenAnswer } from '../../core/ports/ims.ts';
import type { VerifyIdToken } from './id-token-verifier.ts';
import type { ReadTokenAnswer } from './read-token-answer.ts';

/**
 * Completes the answer of a code exchange. The subject comes from the verified ID token, or from the answer's own `sub`
 * when there is no ID token; an ID token that is not right, or names somebody else, leaves no subject. The tokens beside
 * it are kept in every case.
 */
export async function withIdToken(
  { answer, idToken }: ReadTokenAnswer,
  nonce: string | undefined,
  verify: VerifyIdToken,
): Promise<TokenAnswer> {
  if (answer.kind !== 'tokens') return answer;
  const { tokens } = answer;
  if (idToken === undefined) {
    return nonce === undefined ? answer : { ...answer, tokens: marked(tokens, 'id-token-missing') };
  }
  const decision = await verify(idToken, nonce);
  const { subject, ...anonymous } = tokens;
  if (decision.kind === 'rejected') {
    return { ...answer, tokens: marked(anonymous, `id-token-rejected: ${decision.reason}`) };
  }
  if (subject !== undefined && subject !== decision.subject) {
    return { ...answer, tokens: marked(anonymous, 'subject-disagrees') };
  }
  return { ...answer, tokens: { ...tokens, subject: decision.subject, idTokenClaims: decision.claims } };
}

const marked = (tokens: ReceivedTokens, anomaly: string): ReceivedTokens => ({
  ...tokens,
  anomalies: [...tokens.anomalies, anomaly],
});
