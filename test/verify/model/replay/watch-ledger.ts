import type { ImsLedger } from '../../../support/fakes/ims-ledger.ts';
import type { Noted } from './effect-collector.ts';

type AtIms = Extract<Noted, { kind: 'consented' | 'posted' | 'revoked' }>;
export type LedgerEffect = AtIms extends infer One ? (One extends AtIms ? Omit<One, 'atMs'> : never) : never;

/** Shows what the fake provider does to refresh tokens, at the moment it does it. */
export function watchLedger(ledger: ImsLedger, onEffect: (effect: LedgerEffect) => void): void {
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
