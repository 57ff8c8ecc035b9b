import { AFTER_EXCHANGE, replayEndsGrant } from '../../../local/ims/refresh-token-rules.ts';
import {
  type Grant,
  grantOf,
  type Mode,
  type ProtocolState,
  type Token,
  withGrant,
} from './protocol-state.ts';

/** The provider's answer to a posted token: a successor, or a refusal. */
export interface Consumed {
  readonly state: ProtocolState;
  readonly successor: Token | null;
}

/**
 * Adobe's rules, each taken at its harshest: in `grace` the old token lives until its successor is used or the grace ends, and
 * what is issued last ends every other successor.
 */
export function consume(state: ProtocolState, mode: Mode, token: Token): Consumed {
  const at = grantOf(token);
  const grant = state.grants[at];
  if (grant === undefined) throw new Error(`There is no grant ${at}.`);
  if (!grant.live.includes(token)) {
    return { state: replayEndsGrant(mode) ? withGrant(state, at, { live: [] }) : state, successor: null };
  }
  const successor: Token = `${at}.${grant.issued + 1}`;
  const live = [...leftBeside(grant, mode, token), successor];
  return { state: withGrant(state, at, { live, issued: grant.issued + 1 }), successor };
}

/** Which tokens of a grant stay valid when this one is exchanged. */
function leftBeside({ live }: Grant, mode: Mode, token: Token): readonly Token[] {
  switch (AFTER_EXCHANGE[mode]) {
    case 'lives':
      return live;
    case 'has grace':
      return [token];
    case 'is dead':
      return [];
  }
}

/** The provider returns a successor and then forgets it. Only in a mode that keeps the old token good does the grant survive. */
export function forget(state: ProtocolState, token: Token): ProtocolState {
  const at = grantOf(token);
  const live = (state.grants[at]?.live ?? []).filter((one) => one !== token);
  return withGrant(state, at, { live });
}

/** The grace is over: of every grant only the token issued last is good. */
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
