import { refreshBinding } from '../../../../functions/core/connection/sealed-token.ts';
import type { FakeVault } from '../../../support/fake-vault/fake-vault.ts';
import type { ImsLedger } from '../../../support/fakes/ims-ledger.ts';
import {
  createEffectCollector,
  type EffectCollector,
  type Noted,
  type OpenSealed,
} from './effect-collector.ts';

/** The fakes of one world, and the opener of the tokens they hold. */
export type ObservedWorld = Pick<
  FakeVault,
  'memory' | 'accessTokens' | 'parking' | 'ims' | 'clock' | 'sealing' | 'deps'
>;

export interface EffectRecorder extends Pick<EffectCollector, 'logs'> {
  /** Whether two posts of one token were in flight at once. */
  hasLateAnswers(): boolean;
}

/**
 * Observes the stores and IMS's own books, not the calls: it notes what took effect, in that order. Call it before the first
 * consent, or the tokens of that consent stay unknown.
 */
export function recordEffects(world: ObservedWorld): EffectRecorder {
  const { memory, accessTokens, parking, ims, clock, sealing, deps } = world;
  const open: OpenSealed = async (owner, token) =>
    (await sealing.opener.open(token.sealed, refreshBinding(owner, token)).catch(() => undefined))?.reveal();
  const collector = createEffectCollector(open, deps.settings.clientId);
  const atMs = () => clock.nowMs();

  watchMap(memory.connections, (connectionId, before, after) =>
    collector.note({ atMs: atMs(), kind: 'connection', connectionId, before, after }),
  );
  watchMap(accessTokens.items, (_, before, after) => {
    const { connectionId, scopeSet } = (after ?? before)?.record ?? {};
    if (connectionId === undefined || scopeSet !== '*') return;
    const records = { before: before?.record, after: after?.record };
    collector.note({ atMs: atMs(), kind: 'access token', connectionId, ...records });
  });
  watchMap(parking.places, (_, before, after) => {
    if (after) collector.note({ atMs: atMs(), kind: 'parked', successor: after });
    else if (before) collector.note({ atMs: atMs(), kind: 'unparked', successor: before });
  });
  watchLedger(ims.ledger, (effect) => collector.note({ atMs: atMs(), ...effect }));
  return { logs: collector.logs, hasLateAnswers: () => ims.ledger.mostAtOnce > 1 };
}

type AtIms = Extract<Noted, { kind: 'consented' | 'posted' | 'revoked' }>;
export type LedgerEffect = AtIms extends infer One ? (One extends AtIms ? Omit<One, 'atMs'> : never) : never;

/** Shows what the fake provider does to refresh tokens, at the moment it does it. */
function watchLedger(ledger: ImsLedger, onEffect: (effect: LedgerEffect) => void): void {
  const { grant, exchange, refresh, revoke, revokeUser } = ledger;

  ledger.grant = (consent) => {
    const tokens = grant(consent);
    onEffect({ kind: 'consented', subject: consent.subject, token: tokens.refreshToken.reveal() });
    return tokens;
  };
  ledger.exchange = (code) => {
    const answer = exchange(code);
    if (answer.kind === 'tokens' && answer.tokens.refreshToken) {
      const token = answer.tokens.refreshToken.reveal();
      onEffect({ kind: 'consented', subject: answer.tokens.subject ?? '', token });
    }
    return answer;
  };
  ledger.refresh = (token, scopes) => {
    const answer = refresh(token, scopes);
    const successor = ledger.posts.at(-1)?.successor;
    const end = answer.kind === 'tokens' ? 'kept' : answer.kind === 'refused' ? 'refused' : 'declined';
    onEffect({ kind: 'posted', token, ended: successor === undefined ? end : { successor } });
    return answer;
  };

  const ending = <Answer>(by: 'vault' | 'user', end: () => Answer): Answer => {
    const before = ledger.liveRefreshTokens();
    const answer = end();
    const after = new Set(ledger.liveRefreshTokens());
    const tokens = before.filter((token) => !after.has(token));
    if (tokens.length > 0) onEffect({ kind: 'revoked', tokens, by });
    return answer;
  };
  ledger.revoke = (token) => ending('vault', () => revoke(token));
  ledger.revokeUser = (subject) => ending('user', () => revokeUser(subject));
}

/** Shows every entry of a map before and after it changes, in the order of the changes. */
function watchMap<Value>(
  map: ReadonlyMap<string, Value>,
  onChange: (key: string, before: Value | undefined, after: Value | undefined) => void,
): void {
  if (!(map instanceof Map)) throw new TypeError('Only a real Map can be watched.');
  const watched: Map<string, Value> = map;
  const set = watched.set.bind(watched);
  const remove = watched.delete.bind(watched);
  watched.set = (key, after) => {
    const before = watched.get(key);
    set(key, after);
    onChange(key, before, after);
    return watched;
  };
  watched.delete = (key) => {
    const before = watched.get(key);
    const removed = remove(key);
    if (removed) onChange(key, before, undefined);
    return removed;
  };
  watched.clear = () => {
    for (const key of [...watched.keys()]) watched.delete(key);
  };
}
