import * as v from 'valibot';
import { pageSettings, scopeList, scopeSets, secureUrl, text, urlList } from './fields.ts';

/** Groups of variables that several functions share. Each function picks only what it needs. */
export const credentialEntries = { CLIENT_ID: text, SCOPES: scopeList, IMS_BASE_URL: secureUrl };

export const browserEntries = {
  CALLBACK_URL: secureUrl,
  RETURN_URLS: urlList,
  COOKIE_KEY_SECRET_ID: text,
};

/** What the operator decided about the pages that users see. */
export const pageEntries = { PAGE_SETTINGS: pageSettings };

/** What it takes to create a schedule that invokes `rotate`. */
export const schedulingEntries = {
  SCHEDULE_GROUP: text,
  SCHEDULE_ROLE_ARN: text,
  /** The alias of `rotate` that schedules invoke, and nothing else does. */
  SCHEDULE_TARGET_ARN: text,
  DEAD_LETTER_QUEUE_ARN: text,
};

/** Narrower scope sets that may be vended beside `*`; a JSON array, often empty. */
export const scopeSetEntries = { SCOPE_SETS: scopeSets };

/** Is revoking one token known to leave the user's other grants alone? */
export const revocationEntries = {
  REVOCATION_SCOPE: v.picklist(['unknown', 'token', 'user'], 'must be unknown, token or user.'),
};
