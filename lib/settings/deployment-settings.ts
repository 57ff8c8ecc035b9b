import * as v from 'valibot';
import { CONNECTION_ID } from '../../client/contract.ts';
import { FUNCTION_NAMES } from '../packaging/function-names.ts';
import { whenKnown } from './deploy-time-values.ts';
import {
  CERTIFICATE_IN_US_EAST_1,
  isDomainName,
  RESERVED_TAG,
  TAG_TEXT,
  VAULT_TAG,
} from './setting-formats.ts';

// AWS takes 50 on a resource; the vault and CloudFormation set some of their own.
const MAX_TAGS = 40;
const MAX_TAG_KEY = 128;
const MAX_TAG_VALUE = 256;

const text = v.string('must be a text.');
const count = 'must be a whole number above 0.';

const tagKey = v.pipe(
  text,
  v.regex(TAG_TEXT, 'must have keys of letters, digits, spaces and + - = . _ : / @'),
  v.maxLength(MAX_TAG_KEY, `must have keys of at most ${MAX_TAG_KEY} characters.`),
  v.check((key) => !RESERVED_TAG.test(key), 'must not have keys that start with aws:, which belong to AWS.'),
  v.check((key) => key !== VAULT_TAG, `must not have the key ${VAULT_TAG}, which holds the vault's name.`),
);
const tagValue = v.pipe(
  text,
  whenKnown((value) => TAG_TEXT.test(value), 'must be letters, digits, spaces and + - = . _ : / @'),
  whenKnown((value) => value.length <= MAX_TAG_VALUE, `must not exceed ${MAX_TAG_VALUE} characters.`),
);

const tags = v.pipe(
  // To valibot, a list is a record too.
  v.custom<Record<string, string>>((all) => !Array.isArray(all), 'must be an object of texts.'),
  v.record(tagKey, tagValue, 'must be an object of texts.'),
  v.check((all) => Object.keys(all).length <= MAX_TAGS, `must not exceed ${MAX_TAGS} tags.`),
);

const concurrency = v.optional(v.pipe(v.number(count), v.integer(count), v.minValue(1, count)));

const reservedConcurrency = v.strictObject(
  v.entriesFromList(FUNCTION_NAMES, concurrency),
  'must be an object of function names and numbers.',
);

/** How the vault is deployed, and what stands in front of it and beside it. */
export const deploymentSettings = {
  compliance: v.optional(v.picklist(['standard', 'strict'], 'must be standard or strict.'), 'standard'),
  tracing: v.optional(v.boolean('must be true or false.')),
  dataEvents: v.optional(v.boolean('must be true or false.')),
  tags: v.optional(tags, {}),
  reservedConcurrency: v.optional(reservedConcurrency, {}),
  deployment: v.optional(
    v.picklist(['all-at-once', 'canary'], 'must be all-at-once or canary.'),
    'all-at-once',
  ),
  canaryConnectionId: v.optional(
    v.pipe(
      text,
      whenKnown((id) => CONNECTION_ID.test(id), 'must be a connection id, such as ops.canary.'),
    ),
  ),
  browserDomainName: v.optional(v.pipe(text, whenKnown(isDomainName, 'must be a host name.'))),
  browserCertificateArn: v.optional(
    v.pipe(
      text,
      whenKnown(
        (arn) => CERTIFICATE_IN_US_EAST_1.test(arn),
        'must be the ARN of a certificate in AWS Certificate Manager in us-east-1: CloudFront takes no other.',
      ),
    ),
  ),
};
