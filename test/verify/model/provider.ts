import { grantOf, type Mode, type ProtocolState, type Token, withGrant } from './protocol-state.ts';

/** What the provider does with a posted token: a successor, or a refusal. */
export interface Consumed {
  readonly state: ProtocolState;
  readonly successor: Token | null;
}

/**
 * The four ways a provider may treat a used refresh token, each taken at its harshest: in `grace` the old one lives until
 * its successor is used or the grace ends, and whatever is issued last ends every other successor.
 */
export function consume(state: ProtocolState, mode: Mode, token: Token): Consumed {
  const at = grantOf(token);
  const grant = state.grants[at];
  if (grant === undefined) throw new Error(`There is no grant ${at}.`);
  if (!grant.live.includes(token)) {
    return { state: mode === 'family' ? withGrant(state, at, { live: [] }) : state, successor: null };
  }
  const successor: Token = `${at}.${grant.issued + 1}`;
  const live = { reuse: [...grant.live, successor], grace: [token, successor], strict: [successor] };
  return {
    state: withGrant(state, at, {
      live: live[mode === 'family' ? 'strict' : mode],
      issued: grant.issued + 1,
    }),
    successor,
  };
}

/** The successor is handed out, yet the provider forgets it; only a mode that keeps the old one good is left standing. */
export function forget(state: ProtocolState, token: Token): ProtocolState {
  const at = grantOf(token);
  const live = (state.grants[at]?.live ?? []).filter((one) => one !== token);
  return withGrant(state, at, { live });
}

/** Grace is over: of every grant only the token issued last is good. */
export function endGrace(state: ProtocolState): ProtocolState {
  return {
    ...state,
    grants: state.grants.map((grant, at) => ({
      ...grant,
      live: grant.live.filter((token) => token === `${at}.${grant.issued}`),
    })),
  };
}

export function revokeGrant(state: ProtocolState, at: number): ProtocolState {
  return withGrant(state, at, { live: [] });
}
