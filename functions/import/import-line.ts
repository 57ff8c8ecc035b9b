import * as v from 'valibot';
import type { ImportLineRequest } from '../../client/contract.ts';
import { isConnectionId } from '../core/connection/connection-id.ts';
import { isScope } from '../core/consent/transaction.ts';
import type { TokenImport } from '../core/import/token-import.ts';
import { rfc3339Ms } from '../core/moment.ts';
import { Secret } from '../core/secret.ts';

const MAX_TOKEN_LENGTH = 16_384;
const MAX_SUB_LENGTH = 255;
const MAX_SCOPES = 64;
const MAX_SCOPE_LENGTH = 128;

/** RFC 6749 appendix A.17 without the blank: one at either end is a slip of the export, and none has one inside. */
const REFRESH_TOKEN = /^[\x21-\x7e]+$/;

const text = (max: number) =>
  v.pipe(
    v.string('a string was expected.'),
    v.nonEmpty('must not be empty.'),
    v.maxLength(max, `must not exceed ${max} characters.`),
  );

/** A line of the body. Messages name members, never values. */
export const importLine = v.strictObject({
  connectionId: v.custom<string>(isConnectionId, 'must match [A-Za-z0-9][A-Za-z0-9._-]{0,127}.'),
  refreshToken: v.pipe(
    text(MAX_TOKEN_LENGTH),
    v.regex(REFRESH_TOKEN, 'must be printable ASCII without blanks.'),
  ),
  clientId: v.exactOptional(text(MAX_SUB_LENGTH)),
  sub: v.exactOptional(text(MAX_SUB_LENGTH)),
  scopes: v.exactOptional(
    v.pipe(
      v.array(
        v.pipe(
          text(MAX_SCOPE_LENGTH),
          v.check((scope) => isScope(scope), 'must be one scope.'),
        ),
        'must be a list.',
      ),
      v.nonEmpty('must not be empty.'),
      v.maxLength(MAX_SCOPES, `must not name more than ${MAX_SCOPES} scopes.`),
    ),
  ),
  refreshExpiresAt: v.exactOptional(
    v.pipe(
      v.string('a string was expected.'),
      // Half an offset read as no time at all would call a living token expired.
      v.check(
        (time) => rfc3339Ms(time) !== undefined,
        'must be a time like 2026-12-04T09:30:00Z or 2026-12-04T09:30:00+05:30.',
      ),
    ),
  ),
}) satisfies v.GenericSchema<ImportLineRequest>;

export function tokenImport(line: v.InferOutput<typeof importLine>): TokenImport {
  const { connectionId, refreshToken, clientId, sub, scopes, refreshExpiresAt = '' } = line;
  const refreshExpiresAtMs = rfc3339Ms(refreshExpiresAt);
  return {
    connectionId,
    refreshToken: new Secret(refreshToken),
    ...(clientId !== undefined && { clientId }),
    ...(sub !== undefined && { subject: sub }),
    ...(scopes !== undefined && { scopes }),
    ...(refreshExpiresAtMs !== undefined && { refreshExpiresAtMs }),
  };
}
