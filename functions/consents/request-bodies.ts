import * as v from 'valibot';
import type { RedeemConsentRequest, RedeemSignInRequest } from '../../client/contract.ts';
import { isAppState, isScope } from '../core/consent/transaction.ts';

const MAX_SCOPES = 50;
const MAX_URL_LENGTH = 2048;

const text = v.string('a string was expected.');

export const openConsentBody = v.strictObject({
  returnTo: v.pipe(text, v.maxLength(MAX_URL_LENGTH, 'is too long.')),
  scopes: v.optional(
    v.pipe(
      v.array(
        v.pipe(
          text,
          v.check((scope) => isScope(scope), 'a scope without spaces or commas was expected.'),
        ),
        'a list of scopes was expected.',
      ),
      v.minLength(1, 'at least one scope was expected.'),
      v.maxLength(MAX_SCOPES, 'there are too many scopes.'),
      v.check((scopes) => new Set(scopes).size === scopes.length, 'a scope is named twice.'),
    ),
  ),
  appState: v.optional(
    v.pipe(
      text,
      v.check((state) => isAppState(state), '22 to 256 characters of A-Z a-z 0-9 . _ ~ - were expected.'),
    ),
  ),
  replace: v.optional(v.boolean('true or false was expected.'), false),
});

const shortText = v.pipe(text, v.maxLength(256, 'is too long.'));

export const redeemConsentBody = v.strictObject({
  connectionCode: shortText,
}) satisfies v.GenericSchema<RedeemConsentRequest>;

export const redeemSignInBody = v.strictObject({
  connectionCode: shortText,
  appState: shortText,
}) satisfies v.GenericSchema<RedeemSignInRequest>;
