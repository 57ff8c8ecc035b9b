import { refreshBinding } from '../../../../functions/core/connection/sealed-token.ts';
import type { FakeVault } from '../../../support/fake-vault/fake-vault.ts';
import { createEffectCollector, type EffectCollector, type OpenSealed } from './effect-collector.ts';
import { watchLedger } from './watch-ledger.ts';
import { watchMap } from './watch-map.ts';

/** The fakes of one world, and who can open what they hold. */
export type ObservedWorld = Pick<
  FakeVault,
  'memory' | 'accessTokens' | 'parking' | 'ims' | 'clock' | 'sealing' | 'deps'
>;

export interface EffectRecorder extends Pick<EffectCollector, 'logs'> {
  /** Whether two posts of one token were in flight at once. */
  hasLateAnswers(): boolean;
}

/**
 * Observes the stores and IMS's own books, not the calls: what is noted is what took effect, in the order it did. To be
 * called before the first consent, or its tokens are strangers.
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
