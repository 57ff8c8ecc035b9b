import * as v from 'valibot';
import { isSecureUrl } from '../../../client/contract.ts';

/** A variable that must be there and not be empty. */
export const nonEmptyText = v.pipe(v.string('must be set.'), v.trim(), v.nonEmpty('must not be empty.'));

/** An absolute https URL; plain http is accepted for loopback hosts only. */
export const secureUrl = v.pipe(
  nonEmptyText,
  v.url('must be an absolute URL.'),
  // Checks run even after "must be an absolute URL" has been reported.
  v.check(
    (value) => URL.canParse(value) && isSecureUrl(new URL(value)),
    'must be an https URL (http is accepted for loopback hosts only).',
  ),
);

/** Scopes, space-delimited (RFC 6749 §3.3). */
export const scopeList = v.pipe(
  nonEmptyText,
  v.transform((value) => value.split(/\s+/)),
);

/** A JSON array of https URLs. */
export const urlList = jsonList(secureUrl);

/** A JSON array of space-delimited scope sets. */
export const scopeSets = jsonList(nonEmptyText);

/** A JSON array of ARNs, often empty. */
export const arnList = jsonList(nonEmptyText);

/** A link that a page may show: nothing that runs in the page, such as `javascript:`. */
const linkUrl = v.pipe(
  nonEmptyText,
  v.check(
    (value) => URL.canParse(value) && ['https:', 'mailto:'].includes(new URL(value).protocol),
    'must be an https or mailto URL.',
  ),
);

/** A JSON object; both members are optional. */
export const pageSettings = v.pipe(
  nonEmptyText,
  v.parseJson(undefined, 'must be a JSON object.'),
  v.object(
    { appName: v.exactOptional(nonEmptyText), supportUrl: v.exactOptional(linkUrl) },
    'must be a JSON object.',
  ),
);

export const trueOrFalse = v.pipe(
  v.picklist(['true', 'false'], 'must be true or false.'),
  v.transform((value) => value === 'true'),
);

export const positiveInteger = v.pipe(
  nonEmptyText,
  v.regex(/^[1-9][0-9]{0,8}$/, 'must be a whole number above 0.'),
  v.transform(Number),
);

/** Groups of variables that several functions share. Each function picks only what it needs. */
export const credentialEntries = { CLIENT_ID: nonEmptyText, SCOPES: scopeList, IMS_BASE_URL: secureUrl };

export const browserEntries = {
  CALLBACK_URL: secureUrl,
  RETURN_URLS: urlList,
  COOKIE_KEY_SECRET_ID: nonEmptyText,
};

/** What the operator decided about the pages that users see. */
export const pageEntries = { PAGE_SETTINGS: pageSettings };

/** What is needed to create a schedule that invokes `rotate`. */
export const schedulingEntries = {
  SCHEDULE_GROUP: nonEmptyText,
  SCHEDULE_ROLE_ARN: nonEmptyText,
  /** The alias of `rotate` that schedules invoke, and nothing else invokes. */
  SCHEDULE_TARGET_ARN: nonEmptyText,
  DEAD_LETTER_QUEUE_ARN: nonEmptyText,
};

/** Narrower scope sets that may be vended in addition to `*`; a JSON array, often empty. */
export const scopeSetEntries = { SCOPE_SETS: scopeSets };

/** Is revoking one token known to leave the user's other grants alone? */
export const revocationEntries = {
  REVOCATION_SCOPE: v.picklist(['unknown', 'token', 'user'], 'must be unknown, token or user.'),
};

function jsonList<const Item extends v.GenericSchema<string, string>>(item: Item) {
  return v.pipe(
    nonEmptyText,
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      try {
        return JSON.parse(dataset.value) as unknown;
      } catch {
        addIssue({ message: 'must be a JSON array.' });
        return NEVER;
      }
    }),
    v.array(item, 'must be a JSON array.'),
  );
}
