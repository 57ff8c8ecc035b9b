import type { ConnectionState } from '../../../client/contract.ts';

export interface StateRules {
  /** The refresh token may be posted to IMS. */
  readonly mayRotate: boolean;
  /** A live access token may be vended. */
  readonly mayVend: boolean;
  /** The connection takes part in the `due` index. */
  readonly inDueIndex: boolean;
  /** It counts as a live connection of its subject: revoking another grant of the user could end it. */
  readonly live: boolean;
  /** The states that may follow. A new consent leads to `active` from each of them. The tests and the documented table hold the code to it. */
  readonly leadsTo: readonly ConnectionState[];
}

/** What each state allows. */
export const STATE_RULES: Readonly<Record<ConnectionState, StateRules>> = {
  active: {
    mayRotate: true,
    mayVend: true,
    inDueIndex: true,
    live: true,
    leadsTo: ['active', 'suspect', 'needs-user-action', 'needs-reauthorization', 'disconnecting'],
  },
  suspect: {
    mayRotate: true,
    mayVend: true,
    inDueIndex: true,
    live: true,
    leadsTo: ['active', 'suspect', 'needs-user-action', 'needs-reauthorization', 'disconnecting'],
  },
  'needs-user-action': {
    mayRotate: true,
    mayVend: true,
    inDueIndex: true,
    live: true,
    leadsTo: ['active', 'suspect', 'needs-user-action', 'needs-reauthorization', 'disconnecting'],
  },
  'needs-reauthorization': {
    mayRotate: true,
    mayVend: false,
    inDueIndex: true,
    live: false,
    leadsTo: ['active', 'needs-user-action', 'needs-reauthorization', 'disconnecting'],
  },
  disconnecting: {
    mayRotate: false,
    mayVend: false,
    inDueIndex: true,
    live: false,
    leadsTo: ['active', 'disconnecting', 'disconnected'],
  },
  disconnected: {
    mayRotate: false,
    mayVend: false,
    inDueIndex: true,
    live: false,
    leadsTo: ['active', 'disconnecting'],
  },
};
