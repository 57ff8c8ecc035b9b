import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import type { BreakerStore } from '../../core/ports/rotation.ts';
import type {
  Attempt,
  AttemptKind,
  Breakers,
  OddConnection,
  OpenBreaker,
} from '../../core/rotation/breakers.ts';
import type { EphemeralKey, EphemeralTable } from './consent-store.ts';
import type { Item, Repetition } from './dynamodb-client.ts';
import { type Fragment, fragment, placeholdersOf } from './expressions.ts';
import { type EveryField, epochMs, fromItem, oneOf, readItem, text, toItem, wholeNumber } from './items.ts';

const KEY: EphemeralKey = 'breakers';
const CLOSED: Breakers = { revision: 0, recent: [] };

const openBreaker = v.object({
  reason: text,
  openedAtMs: epochMs,
  openUntilMs: epochMs,
  reopened: wholeNumber,
  answers: v.exactOptional(wholeNumber),
  secretVersion: v.exactOptional(text),
} satisfies EveryField<OpenBreaker>);

const breakersSchema = v.object({
  revision: wholeNumber,
  credential: v.exactOptional(openBreaker),
  outage: v.exactOptional(openBreaker),
  recent: v.array(
    v.object({
      connection: text,
      kind: oneOf<AttemptKind>({
        success: true,
        unknown: true,
        throttled: true,
        refused: true,
        misconfigured: true,
      }),
      atMs: epochMs,
      code: v.exactOptional(text),
    } satisfies EveryField<Attempt>),
  ),
  nextCheckAtMs: v.exactOptional(epochMs),
  odd: v.exactOptional(
    v.array(v.object({ connection: text, atMs: epochMs } satisfies EveryField<OddConnection>)),
  ),
} satisfies EveryField<Breakers>);

/** One item without an end of life: it changes only when the fleet's outages do. */
export function createBreakerStore({ client, tableName }: EphemeralTable): BreakerStore {
  return {
    async read() {
      const item = await client.get({ TableName: tableName, Key: { key: { S: KEY } } });
      return item === undefined ? CLOSED : breakersFrom(item);
    },

    async write(breakers) {
      const condition = revisionIs(breakers.revision);
      const Item = toItem({ ...breakers, key: KEY, revision: nextRevision(breakers.revision) });
      const send = (repetition?: Repetition) =>
        client.put(
          { TableName: tableName, Item, ConditionExpression: condition.text, ...placeholdersOf(condition) },
          repetition,
        );
      // The write of another process may hold this one already. A conflict would make the caller count its attempt twice.
      const instead = async () => {
        const second = await send();
        if (second !== 'conflict') return second;
        const stored = await client.get({ TableName: tableName, Key: { key: { S: KEY } } });
        return stored !== undefined && isDeepStrictEqual(fromItem(stored), fromItem(Item)) ? {} : 'unknown';
      };
      return (await send({ instead })) === 'conflict' ? 'conflict' : 'written';
    },
  };
}

/** The condition only requires a change, so a number that cannot grow further starts again. */
const nextRevision = (revision: number): number =>
  revision < Number.MAX_SAFE_INTEGER && revision >= 0 ? revision + 1 : 1;

const revisionIs = (revision: number): Fragment =>
  revision === 0
    ? fragment('attribute_not_exists(#revision)')
    : fragment('#revision = :revision', { revision });

function breakersFrom(item: Item): Breakers {
  return readItem(breakersSchema, item, 'The breakers');
}
