import * as v from 'valibot';
import { whenKnown } from './deploy-time-values.ts';
import { KEY_ARN, MULTI_REGION_KEY_ARN } from './setting-formats.ts';

const KEY_SET = 'must be a whole number above 0.';

function arnOf(kind: string, format: RegExp) {
  return v.pipe(
    v.string('must be a text.'),
    whenKnown((arn) => format.test(arn), `must be the ARN of ${kind} of AWS KMS.`),
  );
}

function keyPair(arn: ReturnType<typeof arnOf>) {
  return v.strictObject({ refreshKeyArn: arn, accessKeyArn: arn }, 'must be an object.');
}

/** One pair of KMS keys, for refresh tokens and for access tokens. What a number once stood for can never change. */
const tokenKeySet = v.strictObject(
  {
    id: v.pipe(v.number(KEY_SET), v.integer(KEY_SET), v.minValue(1, KEY_SET)),
    multiRegion: v.optional(v.boolean('must be true or false.'), false),
    replicaOf: v.optional(keyPair(arnOf('a multi-Region key', MULTI_REGION_KEY_ARN))),
    existing: v.optional(keyPair(arnOf('a key', KEY_ARN))),
  },
  'must be an object.',
);

export type TokenKeySet = v.InferOutput<typeof tokenKeySet>;

/** The first seals; the others were replaced by it, and open what they sealed until they are left out. */
export const tokenKeySets = v.pipe(
  v.array(tokenKeySet, 'must be a list of key sets.'),
  v.nonEmpty('must name at least one key set.'),
  v.maxLength(4, 'must not name more than 4 key sets.'),
  v.check((list) => new Set(list.map(({ id }) => id)).size === list.length, 'must not name a key set twice.'),
  v.check(
    (list) => !list.some(({ multiRegion, replicaOf, existing }) => multiRegion && (replicaOf ?? existing)),
    'must not call replicas or existing keys multiRegion: they are what they are.',
  ),
  v.check(
    (list) => !list.some(({ replicaOf, existing }) => replicaOf && existing),
    'must not call a pair of keys both replicas and existing.',
  ),
);

export const FIRST_KEY_SET = [{ id: 1 }];
