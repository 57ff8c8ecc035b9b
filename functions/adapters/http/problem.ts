import type { ProblemCode, ProblemDocument } from '../../../client/contract.ts';
import type { HttpResult } from './http-event.ts';
import { API_HEADERS } from './responses.ts';

interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

/** Every problem that the API can return. A code never changes its status. */
const PROBLEMS: Readonly<Record<ProblemCode, ProblemKind>> = {
  invalid_request: { status: 400, title: 'The request is not valid.' },
  scopes_not_available: { status: 400, title: 'The vault does not vend these scopes as a set.' },
  scopes_not_granted: { status: 400, title: "The user's grant does not cover these scopes." },
  code_not_valid: { status: 400, title: 'The connection code is not valid.' },
  connection_id_reserved: { status: 400, title: 'This connection id is reserved for plain sign-ins.' },
  connection_not_found: { status: 404, title: 'There is no such connection.' },
  not_found: { status: 404, title: 'There is no such resource.' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here.' },
  reauthorization_required: { status: 409, title: 'The user has to consent again.' },
  user_action_required: { status: 409, title: 'Adobe asks the user to act first.' },
  not_renewable: {
    status: 409,
    title: 'The connection has no refresh token and its access token has ended.',
  },
  consent_superseded: {
    status: 409,
    title: 'A newer consent or a disconnect has taken the place of this consent.',
  },
  not_configured: { status: 503, title: 'The vault is not configured yet.' },
  temporarily_unavailable: { status: 503, title: 'The vault cannot answer now. Try again.' },
};

const TEMPORARY_RETRY_SECONDS = 5;

export interface ProblemOptions {
  /** One sentence for the developer who reads it. Never a token, a code or text from outside. */
  readonly detail?: string;
  readonly retryAfterSeconds?: number;
  /** Further members of the document. */
  readonly extensions?: Readonly<Record<string, string | number | boolean | readonly (readonly string[])[]>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A problem document.
 * @see https://www.rfc-editor.org/rfc/rfc9457#section-3
 */
export function problem(code: ProblemCode, options: ProblemOptions = {}): HttpResult {
  const { status, title } = PROBLEMS[code];
  const document: ProblemDocument = {
    ...options.extensions,
    type: `urn:adobe-token-vault:problem:${code}`,
    title,
    status,
    code,
    ...(options.detail !== undefined && { detail: options.detail }),
  };
  const retryAfterSeconds =
    options.retryAfterSeconds ?? (code === 'temporarily_unavailable' ? TEMPORARY_RETRY_SECONDS : undefined);
  return {
    statusCode: status,
    headers: {
      ...API_HEADERS,
      ...options.headers,
      ...(retryAfterSeconds !== undefined && {
        'retry-after': `${Math.max(1, Math.ceil(retryAfterSeconds))}`,
      }),
      'content-type': 'application/problem+json',
    },
    body: JSON.stringify(document),
  };
}
