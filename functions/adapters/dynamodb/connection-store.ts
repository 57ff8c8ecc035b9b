import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import type {
  Connection,
  ConnectionChanges,
  ConsentUnderWay,
  TokenIdentity,
} from '../../core/connection/connection.ts';
import { generationTimeMs, isFarAhead } from '../../core/connection/generation.ts';
import type {
  Claim,
  ConnectionStore,
  ConnectionUpdate,
  HeldTokens,
  Replaced,
  WriteResult,
} from '../../core/ports/connections.ts';
import { attributeChanges, connectionFrom, connectionItem } from './connection-item.ts';
import type { ConditionalWrite, DynamoDbClient, Item, Repetition } from './dynamodb-client.ts';
import { allOf, anyOf, type Fragment, fragment, placeholdersOf, settingEach } from './expressions.ts';
import { fromItem, readItem, text, toItem } from './items.ts';

const GENERATION = fragment('#generation');
const generationOnly = v.object({ generation: text });

/** The table Connections: key `connectionId`, indexes `due` and `subject`. */
export interface ConnectionTable {
  readonly client: DynamoDbClient;
  readonly tableName: string;
}

export function createConnectionStore({ client, tableName }: ConnectionTable): ConnectionStore {
  const keyOf = (connectionId: string) => ({
    TableName: tableName,
    Key: { connectionId: { S: connectionId } },
  });
  const update = (connectionId: string, changes: Fragment, condition: Fragment, repetition?: Repetition) =>
    client.update(
      {
        ...keyOf(connectionId),
        ...(changes.text === '' ? {} : { UpdateExpression: changes.text }),
        ConditionExpression: condition.text,
        ...placeholdersOf(changes, condition),
      },
      repetition,
    );
  const read = async (connectionId: string) => {
    const item = await client.get(keyOf(connectionId));
    return item === undefined ? undefined : connectionFrom(item);
  };

  return {
    read,

    async readGeneration(connectionId) {
      const item = await client.get({
        ...keyOf(connectionId),
        ProjectionExpression: GENERATION.text,
        ...placeholdersOf(GENERATION),
      });
      return item === undefined ? undefined : readItem(generationOnly, item, 'A generation').generation;
    },

    async claim({ expected, lease, changes, ...claim }) {
      const settings = settingsOf(expected.connectionId, { ...changes, lease });
      const isOwn = async () => (await read(expected.connectionId))?.lease?.runId === lease.runId;
      const write = await update(expected.connectionId, settings, mayClaim({ expected, ...claim }), isOwn);
      return write === 'conflict' ? 'conflict' : 'claimed';
    },

    async update(change) {
      const { connectionId } = change.expected;
      const settings = settingsOf(connectionId, change.changes);
      const send = (repetition?: Repetition) => update(connectionId, settings, mayUpdate(change), repetition);
      const instead = async () => {
        const second = await send();
        if (second !== 'conflict') return second;
        const item = await client.get(keyOf(connectionId));
        return item !== undefined && holdsChanges(item, change) ? {} : 'unknown';
      };
      return resultOf(await send(endsItsCondition(change) ? { instead } : undefined));
    },

    async replaceGeneration(connection, replacing) {
      const condition = mayReplaceGeneration(connection.generation, replacing);
      const isOwn = async () => (await read(connection.connectionId))?.generation === connection.generation;
      const write = await client.put(
        {
          TableName: tableName,
          Item: connectionItem(connection),
          ConditionExpression: condition.text,
          ...placeholdersOf(condition),
        },
        isOwn,
      );
      return resultOf(write);
    },

    async remove(connectionId, generation) {
      const condition = allOf(generationIs(generation), stateIs('disconnected'));
      // Also gone if another process removed the same tombstone.
      const isGone = async () => (await client.get(keyOf(connectionId))) === undefined;
      const write = await client.delete(
        {
          ...keyOf(connectionId),
          ConditionExpression: condition.text,
          ...placeholdersOf(condition),
        },
        isGone,
      );
      return resultOf(write);
    },

    clockSkewMs: client.clockSkewMs,
  };
}

function settingsOf(connectionId: string, changes: ConnectionChanges): Fragment {
  return settingEach(attributeChanges(connectionId, changes), { outbox: changes.newEvents ?? [] });
}

/**
 * Whether the update makes its own condition false for good, by what never comes back: ids of events, sealed bytes. Every other
 * update is sent once. Where its condition outlives it, a repetition would append its events twice. A commit has a loop of its
 * own. The release of a lease lets its run claim again under the same id, and a first attempt that is applied late would end
 * that lease while the run posts.
 */
function endsItsCondition({ changes, onlyIfOutboxIs, onlyIfTokensAre }: ConnectionUpdate): boolean {
  const { commitIds, lease, newEvents, outbox, refresh, previous, alternate, revocations } = changes;
  if (commitIds !== undefined || lease !== undefined || newEvents !== undefined) return false;
  const takesEvents =
    onlyIfOutboxIs !== undefined && outbox !== undefined && outbox.length < onlyIfOutboxIs.length;
  const sealsAgain = [refresh, previous, alternate, revocations].some((sealed) => sealed != null);
  return takesEvents || (onlyIfTokensAre !== undefined && sealsAgain);
}

/** Whether the item is as the update leaves it. `null` stands for an attribute that it removes. */
function holdsChanges(item: Item, { expected, changes }: ConnectionUpdate): boolean {
  const wanted = Object.entries(attributeChanges(expected.connectionId, changes));
  const removed = wanted.flatMap(([name, value]) => (value === null ? [name] : []));
  const set = toItem(Object.fromEntries(wanted.filter(([, value]) => value !== null)));
  const stored = fromItem(item);
  return (
    removed.every((name) => !(name in stored)) &&
    Object.entries(fromItem(set)).every(([name, value]) => isDeepStrictEqual(value, stored[name]))
  );
}

function mayReplaceGeneration(generation: string, replacing: Replaced | undefined): Fragment {
  const isNewer = anyOf(nothingStored, olderThan(generation));
  if (replacing === undefined) return isNewer;
  if (replacing !== 'nothing' && isFarAhead(replacing.generation, generationTimeMs(generation))) {
    return storedIs(replacing);
  }
  return allOf(storedIs(replacing), isNewer);
}

function mayClaim({ expected, states, nowMs, leaseMarginMs }: Omit<Claim, 'lease' | 'changes'>): Fragment {
  return allOf(
    tokenIsStill(expected),
    stateIsOneOf(states),
    nextAttemptIs(expected.nextAttemptAtMs),
    revocationsAre(expected.revocations.length),
    noLeaseLiveAt(nowMs, leaseMarginMs),
  );
}

function mayUpdate(update: ConnectionUpdate): Fragment {
  const { expected, onlyIfLeasedBy, onlyIfState, onlyIfOutboxIs, onlyIfRevocationsAre } = update;
  const { onlyIfNextAttemptIs, onlyIfTokensAre } = update;
  return allOf(
    tokenIsStill(expected),
    ...(onlyIfLeasedBy === undefined ? [] : [leasedBy(onlyIfLeasedBy)]),
    ...(onlyIfState === undefined ? [] : [stateIs(onlyIfState)]),
    ...(onlyIfOutboxIs === undefined ? [] : [outboxIs(onlyIfOutboxIs)]),
    ...(onlyIfRevocationsAre === undefined ? [] : [revocationsAre(onlyIfRevocationsAre)]),
    ...(onlyIfNextAttemptIs === undefined ? [] : [nextAttemptIs(onlyIfNextAttemptIs ?? undefined)]),
    ...(onlyIfTokensAre === undefined ? [] : [tokensAre(onlyIfTokensAre)]),
  );
}

function resultOf(write: ConditionalWrite): WriteResult {
  return write === 'conflict' ? 'conflict' : 'written';
}

const nothingStored = fragment('attribute_not_exists(#generation)');

const tokenIsStill = ({ generation, version }: Omit<TokenIdentity, 'connectionId'>): Fragment =>
  fragment('#generation = :generation AND #version = :version', { generation, version });

const generationIs = (generation: string): Fragment => fragment('#generation = :generation', { generation });

const olderThan = (incoming: string): Fragment => fragment('#generation < :incoming', { incoming });

const noLeaseLiveAt = (nowMs: number, leaseMarginMs: number): Fragment =>
  anyOf(unleased, fragment('#lease.#untilMs <= :deadSinceMs', { deadSinceMs: nowMs - leaseMarginMs }));

const unleased = fragment('attribute_not_exists(#lease)');

const leasedBy = (runId: string | null): Fragment =>
  runId === null ? unleased : fragment('#lease.#runId = :runId', { runId });

/** The update may also set this attribute, so the old value uses another placeholder. */
const nextAttemptIs = (readAtMs: number | undefined): Fragment =>
  readAtMs === undefined
    ? fragment('attribute_not_exists(#nextAttemptAtMs)')
    : fragment('#nextAttemptAtMs = :nextAttemptAsRead', { nextAttemptAsRead: readAtMs });

const stateIs = (state: Connection['state']): Fragment => stateIsOneOf([state]);

const stateIsOneOf = (states: readonly Connection['state'][]): Fragment =>
  fragment(
    `#state IN (${states.map((_, at) => `:state${at}`).join(', ')})`,
    Object.fromEntries(states.map((state, at) => [`state${at}`, state])),
  );

const outboxIs = (eventIds: readonly string[]): Fragment =>
  fragment(
    ['size(#outbox) = :events', ...eventIds.map((_, at) => `#outbox[${at}].#id = :event${at}`)].join(' AND '),
    {
      events: eventIds.length,
      ...Object.fromEntries(eventIds.map((id, at) => [`event${at}`, id])),
    },
  );

const revocationsAre = (revocations: number): Fragment =>
  fragment('size(#revocations) = :revocations', { revocations });

/** Compared by their sealed bytes, which are different each time something is sealed. */
const tokensAre = ({ revocations, ...tokens }: HeldTokens): Fragment =>
  allOf(
    revocationsAre(revocations.length),
    ...revocations.map(({ token }, at) =>
      fragment(`#revocations[${at}].#token.#sealed = :pending${at}`, { [`pending${at}`]: token.sealed }),
    ),
    ...Object.entries(tokens).map(([name, token]) =>
      token === undefined
        ? fragment(`attribute_not_exists(#${name})`)
        : fragment(`#${name}.#sealed = :held_${name}`, { [`held_${name}`]: token.sealed }),
    ),
  );

const markIs = (mark: ConsentUnderWay | undefined): Fragment =>
  mark === undefined
    ? fragment('attribute_not_exists(#consentUnderWay)')
    : allOf(
        fragment('#consentUnderWay.#untilMs = :markedUntilMs', { markedUntilMs: mark.untilMs }),
        // Two marks of one moment: one consent's own, or both.
        mark.codeDigest === undefined
          ? fragment('attribute_not_exists(#consentUnderWay.#codeDigest)')
          : fragment('#consentUnderWay.#codeDigest = :markedBy', { markedBy: mark.codeDigest }),
      );

/** What changes without a new version (events, pending revocations, an alternate, a mark) must not be overwritten unseen. */
const storedIs = (replaced: Replaced): Fragment => {
  if (replaced === 'nothing') return nothingStored;
  const { outbox, revocations, alternate, consentUnderWay } = replaced;
  return allOf(
    tokenIsStill(replaced),
    outboxIs(outbox.map(({ id }) => id)),
    revocationsAre(revocations.length),
    fragment(alternate ? 'attribute_exists(#alternate)' : 'attribute_not_exists(#alternate)'),
    markIs(consentUnderWay),
  );
};
