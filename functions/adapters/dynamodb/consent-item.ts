import * as v from 'valibot';
import type {
  ConsentOutcome,
  ConsentOutcomeKind,
  ConsentSession,
  PendingConsent,
} from '../../core/consent/consent.ts';
import { sealedAccessTokenSchema } from './access-token-item.ts';
import { fromItem } from './attributes.ts';
import { connectionSchema } from './connection-schema.ts';
import type { Item } from './dynamodb-client.ts';
import { type EveryField, epochMs, flag, oneOf, text, texts } from './item-fields.ts';
import { readItem } from './malformed-item.ts';

const sessionSchema = v.object({
  sessionDigest: text,
  connectionId: text,
  returnUrlKey: text,
  appState: v.exactOptional(text),
  scopes: v.exactOptional(texts),
  replace: flag,
  expiresAtMs: epochMs,
  mac: v.exactOptional(text),
} satisfies EveryField<ConsentSession>);

const consumedSchema = v.object({
  expiresAtMs: epochMs,
  outcome: v.exactOptional(
    v.object({
      kind: oneOf<ConsentOutcomeKind>({
        connected: true,
        connected_not_renewable: true,
        kept_previous: true,
        declined: true,
        scope_not_allowed: true,
        transaction_expired: true,
        other_browser: true,
        already_used: true,
        adobe_unavailable: true,
        not_configured: true,
        user_action_required: true,
        invalid_request: true,
        identity_missing: true,
        vault_unavailable: true,
      }),
      appState: v.exactOptional(text),
    } satisfies EveryField<ConsentOutcome>),
  ),
});

const pendingSchema = v.object({
  codeDigest: text,
  kind: oneOf<PendingConsent['kind']>({ 'sign-in': true, 'consent-session': true }),
  connection: connectionSchema,
  accessToken: v.exactOptional(sealedAccessTokenSchema),
  replace: flag,
  keptPrevious: flag,
  appStateDigest: v.exactOptional(text),
  claims: v.exactOptional(v.record(text, v.union([text, flag]))),
  expiresAtMs: epochMs,
  redeemedAtMs: v.exactOptional(epochMs),
  mac: v.exactOptional(text),
} satisfies EveryField<PendingConsent>);

export function sessionFrom(item: Item): ConsentSession {
  return wholeRecord(item, (one) => readItem(sessionSchema, one, 'A consent session'));
}

export function outcomeFrom(item: Item): ConsentOutcome | undefined {
  return readItem(consumedSchema, item, 'A consumed state').outcome;
}

export function pendingFrom(item: Item): PendingConsent {
  return wholeRecord(item, (one) => readItem(pendingSchema, one, 'A pending consent'));
}

/** Judged by the schema and given back whole: the MAC also covers what a later release has added. */
function wholeRecord<Schemed>(item: Item, decide: (item: Item) => Schemed): Schemed {
  decide(item);
  const { key: _k, ttlEpochSeconds: _t, ...record } = fromItem(item);
  return record as Schemed;
}
