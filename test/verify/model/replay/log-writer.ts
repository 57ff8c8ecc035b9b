import type { AccessTokenRecord } from '../../../../functions/core/access-tokens/access-token-record.ts';
import type { Connection } from '../../../../functions/core/connection/connection.ts';
import type { SealedRefreshToken } from '../../../../functions/core/connection/sealed-token.ts';
import type { ParkedSuccessor } from '../../../../functions/core/rotation/parked-successor.ts';
import { grantOf, type Token, type User } from '../protocol-state.ts';
import { keyOfSealed, type Noted } from './effect-collector.ts';
import type {
  EffectLog,
  ObservedAccessItem,
  ObservedConnection,
  ObservedEffect,
  ObservedParked,
  ObservedStep,
  ObservedToken,
  PostEnd,
} from './observed-step.ts';

/** Writes the log of one connection: its own changes, and what became of the grants whose tokens it ever held. */
export function createLogWriter(all: readonly Noted[], opened: ReadonlyMap<string, string>) {
  const families = familiesIn(all);
  return {
    logOf(connectionId: string): EffectLog {
      const held = new Set(valuesHeldBy(connectionId, all, opened).map((value) => families.get(value)));
      const mine = [...new Set(families.values())].filter((family) => held.has(family));
      const truth = truthOf(mine, opened);
      const steps = all.flatMap((noted): readonly ObservedStep[] => {
        if ('connectionId' in noted && noted.connectionId !== connectionId) return [];
        if ('successor' in noted && noted.successor.connectionId !== connectionId) return [];
        const effect = effectOf(noted, truth);
        return effect === undefined ? [] : [{ atMs: noted.atMs, ...effect }];
      });
      return { connectionId, steps };
    },
  };
}

/** The refresh tokens that came of one consent, first to last. */
interface Family {
  readonly subject: string;
  readonly tokens: string[];
}

function familiesIn(all: readonly Noted[]): ReadonlyMap<string, Family> {
  const families = new Map<string, Family>();
  for (const noted of all) {
    if (noted.kind === 'consented') {
      families.set(noted.token, { subject: noted.subject, tokens: [noted.token] });
    }
    if (noted.kind !== 'posted' || typeof noted.ended === 'string') continue;
    const family = families.get(noted.token);
    family?.tokens.push(noted.ended.successor);
    if (family) families.set(noted.ended.successor, family);
  }
  return families;
}

function valuesHeldBy(
  connectionId: string,
  all: readonly Noted[],
  opened: ReadonlyMap<string, string>,
): readonly string[] {
  const sealed = all.flatMap((noted): readonly SealedRefreshToken['sealed'][] => {
    if (noted.kind === 'parked' && noted.successor.connectionId === connectionId)
      return [noted.successor.sealed];
    if (noted.kind !== 'connection' || noted.connectionId !== connectionId) return [];
    const { refresh, previous, alternate } = noted.after ?? {};
    return [refresh, previous, alternate].flatMap((token) => (token ? [token.sealed] : []));
  });
  return sealed.flatMap((bytes) => opened.get(keyOfSealed(bytes)) ?? []);
}

interface Truth {
  isOpened(sealed: Uint8Array): boolean;
  tokenOf(value: string | undefined): Token | undefined;
  sealedToken(token: { readonly sealed: Uint8Array } | undefined): ObservedToken | undefined;
  userOf(value: string): User;
  isSpent(value: string): boolean;
  noteSpent(value: string): void;
}

function truthOf(mine: readonly Family[], opened: ReadonlyMap<string, string>): Truth {
  const tokens = new Map<string, Token>(
    mine.flatMap(({ tokens }, grant) =>
      tokens.map((value, at): [string, Token] => [value, `${grant}.${at + 1}`]),
    ),
  );
  const first = mine[0]?.subject;
  const spent = new Set<string>();
  const tokenOf = (value: string | undefined) => (value === undefined ? undefined : tokens.get(value));
  return {
    isOpened: (sealed) => opened.has(keyOfSealed(sealed)),
    tokenOf,
    sealedToken: (token) => token && (tokenOf(opened.get(keyOfSealed(token.sealed))) ?? 'unknown'),
    userOf: (value) => (mine.find((one) => one.tokens.includes(value))?.subject === first ? 'ann' : 'bob'),
    isSpent: (value) => spent.has(value),
    noteSpent: (value) => void spent.add(value),
  };
}

function effectOf(noted: Noted, truth: Truth): ObservedEffect | undefined {
  switch (noted.kind) {
    case 'connection': {
      const before = connectionOf(noted.before, truth);
      const after = connectionOf(noted.after, truth);
      return isSame(before, after) ? undefined : { kind: 'connection changed', before, after };
    }
    case 'access token': {
      const before = accessItemOf(noted.before);
      const after = accessItemOf(noted.after);
      return isSame(before, after) ? undefined : { kind: 'access token changed', before, after };
    }
    case 'parked':
    case 'unparked':
      // What cannot be opened is not a successor but a forgery.
      return truth.isOpened(noted.successor.sealed)
        ? { kind: noted.kind, parked: parkedOf(noted.successor, truth) }
        : undefined;
    case 'consented': {
      const token = truth.tokenOf(noted.token);
      return token && { kind: 'consented', grant: grantOf(token), user: truth.userOf(noted.token) };
    }
    case 'posted': {
      const token = truth.tokenOf(noted.token);
      return token && { kind: 'posted', token, ended: postEndOf(noted, truth) };
    }
    case 'revoked': {
      const tokens = noted.tokens.flatMap((value) => truth.tokenOf(value) ?? []);
      return tokens.length === 0 ? undefined : { kind: 'revoked', tokens, by: noted.by };
    }
  }
}

function postEndOf({ token, ended }: Extract<Noted, { kind: 'posted' }>, truth: Truth): PostEnd {
  if (ended === 'refused') return { kind: 'refused', because: truth.isSpent(token) ? 'spent' : 'ended' };
  if (typeof ended === 'string') return { kind: ended };
  truth.noteSpent(token);
  const successor = truth.tokenOf(ended.successor);
  if (successor === undefined) throw new Error('A successor is of no family.');
  return { kind: 'successor', successor };
}

function connectionOf(connection: Connection | undefined, truth: Truth): ObservedConnection | undefined {
  if (connection === undefined) return undefined;
  const { state, generation, version, lease, commitIds, evidence, revocations } = connection;
  const refresh = truth.sealedToken(connection.refresh);
  const previous = truth.sealedToken(connection.previous);
  const alternate = truth.sealedToken(connection.alternate);
  const { refreshExpiresAtMs } = connection;
  return {
    state,
    generation,
    version,
    ...(refresh && { refresh }),
    ...(previous && { previous }),
    ...(alternate && { alternate }),
    ...(lease && { lease: { runId: lease.runId, untilMs: lease.untilMs } }),
    commitIds,
    refusals: evidence?.count ?? 0,
    tried: evidence?.tried ?? [],
    owedRevocations: revocations.length,
    ...(refreshExpiresAtMs !== undefined && { endsOfLifeAtMs: refreshExpiresAtMs }),
  };
}

function accessItemOf(record: AccessTokenRecord | undefined): ObservedAccessItem | undefined {
  if (record === undefined) return undefined;
  const { kind, generation } = record;
  return { kind, generation, version: record.kind === 'token' ? record.version : 0 };
}

function parkedOf(successor: ParkedSuccessor, truth: Truth): ObservedParked {
  const { generation, version, commitId } = successor;
  return { generation, version, successor: truth.sealedToken(successor) ?? 'unknown', commitId };
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
