import * as v from 'valibot';
import { KEY_ARN, MULTI_REGION_KEY_ARN } from './setting-formats.ts';

const EDITION = 'must be a whole number above 0.';
const arnOf = (kind: string, format: RegExp) =>
  v.pipe(v.string('must be a text.'), v.regex(format, `must be the ARN of ${kind} of AWS KMS.`));
const keyPair = (arn: ReturnType<typeof arnOf>) =>
  v.strictObject({ refreshKeyArn: arn, accessKeyArn: arn }, 'must be an object.');

/** One pair of KMS keys, for refresh tokens and for access tokens. What a number once stood for can never change. */
const tokenKeyEdition = v.strictObject(
  {
    edition: v.pipe(v.number(EDITION), v.integer(EDITION), v.minValue(1, EDITION)),
    /** Other Regions may hold replicas of these keys, and a vault there can open what they sealed. */
    multiRegion: v.optional(v.boolean('must be true or false.'), false),
    /** These keys are replicas of another Region's. */
    replicaOf: v.optional(keyPair(arnOf('a multi-Region key', MULTI_REGION_KEY_ARN))),
    /** These keys were the vault's own and fell out of its stack, by an edition that was left out too early. */
    existing: v.optional(keyPair(arnOf('a key', KEY_ARN))),
  },
  'must be an object.',
);

export type TokenKeyEdition = v.InferOutput<typeof tokenKeyEdition>;

/** The first seals; the others were replaced by it, and open what they sealed until they are left out. */
export const tokenKeyEditions = v.pipe(
  v.array(tokenKeyEdition, 'must be a list of editions.'),
  v.nonEmpty('must name at least one edition.'),
  v.maxLength(4, 'must not name more than 4 editions.'),
  v.check(
    (list) => new Set(list.map(({ edition }) => edition)).size === list.length,
    'must not name an edition twice.',
  ),
  v.check(
    (list) => !list.some(({ multiRegion, replicaOf, existing }) => multiRegion && (replicaOf ?? existing)),
    'must not call replicas or existing keys multiRegion: they are what they are.',
  ),
  v.check(
    (list) => !list.some(({ replicaOf, existing }) => replicaOf && existing),
    'must not call a pair of keys both replicas and existing.',
  ),
);

export const FIRST_EDITION = [{ edition: 1 }];
