import * as v from 'valibot';
import { KEY_ARN } from './setting-formats.ts';

const EDITION = 'must be a whole number above 0.';
const multiRegionKeyArn = v.pipe(
  v.string('must be a text.'),
  v.regex(KEY_ARN, 'must be the ARN of a multi-Region key of AWS KMS.'),
);

/** One pair of KMS keys, for refresh tokens and for access tokens. What a number once stood for can never change. */
const tokenKeyEdition = v.strictObject(
  {
    edition: v.pipe(v.number(EDITION), v.integer(EDITION), v.minValue(1, EDITION)),
    /** Other Regions may hold replicas of these keys, and a vault there can open what they sealed. */
    multiRegion: v.optional(v.boolean('must be true or false.'), false),
    /** These keys are replicas of another Region's. */
    replicaOf: v.optional(
      v.strictObject(
        { refreshKeyArn: multiRegionKeyArn, accessKeyArn: multiRegionKeyArn },
        'must be an object.',
      ),
    ),
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
    (list) => !list.some(({ multiRegion, replicaOf }) => multiRegion && replicaOf !== undefined),
    'must not call a replica multiRegion: it is one by its origin.',
  ),
);

export const FIRST_EDITION = [{ edition: 1 }];
