import * as v from 'valibot';
import type {
  AccessTokenRecord,
  AccessTokenTombstone,
  SealedAccessToken,
} from '../../core/access-tokens/access-token-record.ts';
import type { Item } from './dynamodb-client.ts';
import { bytes, type EveryField, epochMs, text, texts, wholeNumber } from './item-fields.ts';
import { readItem } from './malformed-item.ts';

const tombstone = v.object({
  kind: v.literal('tombstone'),
  connectionId: text,
  scopeSet: text,
  generation: text,
} satisfies EveryField<AccessTokenTombstone>);

export const sealedAccessTokenSchema = v.object({
  kind: v.literal('token'),
  connectionId: text,
  scopeSet: text,
  clientId: text,
  generation: text,
  version: wholeNumber,
  sealed: bytes,
  issuedAtMs: epochMs,
  expiresAtMs: epochMs,
  scopes: texts,
  digest: text,
  rotateAtMs: v.exactOptional(epochMs),
} satisfies EveryField<SealedAccessToken>);

const accessTokenSchema = v.variant('kind', [sealedAccessTokenSchema, tombstone]);

export function accessTokenFrom(item: Item): AccessTokenRecord {
  return readItem(accessTokenSchema, item, 'An access token');
}
