import type { ConsentUnderWay, TokenIdentity } from '../../core/connection/connection.ts';
import type { ConnectionState } from '../../core/connection/connection-states.ts';
import type { HeldTokens, Replaced } from '../../core/ports/connections.ts';
import { allOf, anyOf, type Fragment, fragment } from './expressions.ts';

export const nothingStored = fragment('attribute_not_exists(#generation)');

export const tokenIsStill = ({ generation, version }: Omit<TokenIdentity, 'connectionId'>): Fragment =>
  fragment('#generation = :generation AND #version = :version', { generation, version });

export const generationIs = (generation: string): Fragment =>
  fragment('#generation = :generation', { generation });

export const olderThan = (incoming: string): Fragment => fragment('#generation < :incoming', { incoming });

export const noLeaseLiveAt = (nowMs: number, leaseMarginMs: number): Fragment =>
  anyOf(nobodyLeases, fragment('#lease.#untilMs <= :deadSinceMs', { deadSinceMs: nowMs - leaseMarginMs }));

const nobodyLeases = fragment('attribute_not_exists(#lease)');

export const leasedBy = (runId: string | null): Fragment =>
  runId === null ? nobodyLeases : fragment('#lease.#runId = :runId', { runId });

/** The same update may put it off again: what was read has a placeholder of its own. */
export const nextAttemptIs = (readAtMs: number | undefined): Fragment =>
  readAtMs === undefined
    ? fragment('attribute_not_exists(#nextAttemptAtMs)')
    : fragment('#nextAttemptAtMs = :nextAttemptAsRead', { nextAttemptAsRead: readAtMs });

export const stateIs = (state: ConnectionState): Fragment => stateIsOneOf([state]);

export const stateIsOneOf = (states: readonly ConnectionState[]): Fragment =>
  fragment(
    `#state IN (${states.map((_, at) => `:state${at}`).join(', ')})`,
    Object.fromEntries(states.map((state, at) => [`state${at}`, state])),
  );

export const outboxIs = (eventIds: readonly string[]): Fragment =>
  fragment(
    ['size(#outbox) = :events', ...eventIds.map((_, at) => `#outbox[${at}].#id = :event${at}`)].join(' AND '),
    {
      events: eventIds.length,
      ...Object.fromEntries(eventIds.map((id, at) => [`event${at}`, id])),
    },
  );

export const revocationsAre = (revocations: number): Fragment =>
  fragment('size(#revocations) = :revocations', { revocations });

/** Compared by their sealed bytes, which are different each time something is sealed. */
export const tokensAre = ({ revocations, ...tokens }: HeldTokens): Fragment =>
  allOf(
    revocationsAre(revocations.length),
    ...revocations.map(({ token }, at) =>
      fragment(`#revocations[${at}].#token.#sealed = :owed${at}`, { [`owed${at}`]: token.sealed }),
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

/** What changes without a new version (events, owed revocations, an alternate, a mark) must not be overwritten unseen either. */
export const storedIs = (replaced: Replaced): Fragment => {
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
