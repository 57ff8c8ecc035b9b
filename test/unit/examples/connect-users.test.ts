import { describe, expect, it, vi } from 'vitest';
import {
  completeConsent,
  startConsent,
  type UserSession,
} from '../../../examples/connect-users/connect-user.ts';

const AUTHORIZE_URL = 'https://vault.example.com/authorize?session=1';

function createVault() {
  return {
    openConsent: vi.fn(async () => ({ authorizeUrl: AUTHORIZE_URL, expiresAt: '2026-11-22T10:10:00.000Z' })),
    redeemConsent: vi.fn(),
  };
}

function returned(session: UserSession, query: Record<string, string> = { connection_code: 'code-1' }) {
  return new URLSearchParams({ app_state: session.appState ?? '', ...query });
}

describe('the example that connects users', () => {
  it('opens a consent session for the logged-in user, with a new app state each time', async () => {
    const vault = createVault();
    const session: UserSession = { userId: 'user-42' };

    expect(await startConsent(vault, session)).toBe(AUTHORIZE_URL);
    const first = session.appState;
    await startConsent(vault, session);

    expect(first).toMatch(/^[\w-]{32}$/);
    expect(session.appState).not.toBe(first);
    expect(vault.openConsent).toHaveBeenLastCalledWith('acme.user-42', {
      returnTo: 'https://app.example.com/adobe/connected',
      appState: session.appState,
    });
  });

  it('redeems the code for the user of the session, once', async () => {
    const vault = createVault();
    const session: UserSession = { userId: 'user-42' };
    await startConsent(vault, session);
    const query = returned(session);

    expect(await completeConsent(vault, session, query)).toBe('connected');
    expect(await completeConsent(vault, session, query)).toBe('other_session');
    expect(vault.redeemConsent.mock.calls).toEqual([['acme.user-42', { connectionCode: 'code-1' }]]);
  });

  it('redeems nothing for a return that another session began', async () => {
    const vault = createVault();
    const session: UserSession = { userId: 'user-42' };
    await startConsent(vault, session);

    const query = new URLSearchParams({ connection_code: 'code-1', app_state: 'another' });

    expect(await completeConsent(vault, session, query)).toBe('other_session');
    expect(vault.redeemConsent).not.toHaveBeenCalled();
  });

  it('answers why a consent was not given', async () => {
    const vault = createVault();
    const session: UserSession = { userId: 'user-42' };
    await startConsent(vault, session);

    expect(await completeConsent(vault, session, returned(session, { error: 'declined' }))).toBe('declined');
    expect(vault.redeemConsent).not.toHaveBeenCalled();
  });
});
