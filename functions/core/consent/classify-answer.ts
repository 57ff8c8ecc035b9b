import type { ReceivedTokens, TokenAnswer } from '../ports/ims.ts';
import type { ConsentOutcomeKind } from './consent.ts';

export type ClassifiedAnswer =
  | { readonly kind: 'tokens'; readonly tokens: ReceivedTokens }
  | { readonly kind: 'failed'; readonly outcome: ConsentOutcomeKind; readonly error: string };

/** What the answer to a code exchange means for the user. */
export function classifyAnswer(answer: TokenAnswer): ClassifiedAnswer {
  switch (answer.kind) {
    case 'tokens':
      return { kind: 'tokens', tokens: answer.tokens };
    case 'refused':
      return failed('transaction_expired', answer.error);
    case 'misconfigured':
      return failed(answer.error === 'invalid_scope' ? 'scope_not_allowed' : 'not_configured', answer.error);
    case 'user-action':
      return failed('user_action_required', answer.error);
    case 'wait':
      return failed('adobe_unavailable', 'wait');
    case 'unknown':
      return failed('adobe_unavailable', answer.reason);
    case 'unexpected':
      return failed('adobe_unavailable', answer.error ?? `status ${answer.status}`);
  }
}

function failed(outcome: ConsentOutcomeKind, error: string): ClassifiedAnswer {
  return { kind: 'failed', outcome, error };
}
