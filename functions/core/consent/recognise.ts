import type { AuthorizationResponse } from '../ports/ims.ts';
import type { CompleteDeps } from './complete-deps.ts';
import type { ConsentOutcomeKind } from './consent.ts';
import type { AuthorizationTransaction } from './transaction.ts';

/** An answer to a request that this browser made. */
export interface Recognised {
  readonly attempt: AuthorizationTransaction;
  readonly response: Exclude<AuthorizationResponse, { kind: 'invalid' }>;
}

/**
 * Finds the transaction this browser holds for the state, and judges the answer by it. Whatever an unrecognised answer says,
 * its `error` included, is not believed. Writes nothing.
 */
export async function recognise(
  { attempts, authorization, telemetry }: Pick<CompleteDeps, 'attempts' | 'authorization' | 'telemetry'>,
  parameters: URLSearchParams,
  cookies: readonly string[],
): Promise<Recognised | { readonly outcome: ConsentOutcomeKind }> {
  const [state, ...repeated] = parameters.getAll('state');
  if (state === undefined || state === '' || repeated.length > 0) return { outcome: 'invalid_request' };
  const attempt = await attempts.find(state, cookies);
  if (attempt === undefined) return { outcome: 'other_browser' };
  const response = authorization.readResponse(parameters, attempt.state);
  if (response.kind !== 'invalid') return { attempt, response };
  telemetry.warn('An authorization response was not valid.', { reason: response.reason });
  return { outcome: 'invalid_request' };
}
