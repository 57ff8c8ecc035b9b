import {
  type Budget,
  freshConnection,
  freshGrant,
  grantOf,
  IDLE,
  isLive,
  type ProtocolState,
  type Token,
  type Worker,
  withConnection,
  withGrant,
  withWorker,
} from '../protocol-state.ts';
import type { ModelTermEffect, ParkedView } from './model-terms.ts';

type ConnectionStep = Extract<ModelTermEffect, { kind: 'connection' }>;

/** Nothing is stored and no user has consented. */
export function emptyState(
  base: ProtocolState,
  allowed: Pick<Budget, 'zombies' | 'lateAnswers'>,
): ProtocolState {
  const { refresh: _refresh, ...nothing } = freshConnection(0, 0);
  return {
    ...base,
    connection: { ...nothing, refresh: null, state: 'disconnected', version: 0 },
    access: { kind: 'none', generation: 0, version: 0, grant: 0 },
    grants: [],
    workers: [IDLE],
    mintedGenerations: 0,
    budget: { ...base.budget, ...allowed },
  };
}

/**
 * Steps of the vault that the model leaves out, each with its own condition: the end of a token's life, a tombstone that is
 * opened again for a late uncommitted successor, and a consent without a refresh token.
 */
export function stepsBeyond(
  state: ProtocolState,
  step: ConnectionStep,
  parked: readonly ParkedView[],
): readonly ProtocolState[] {
  return [...givenUp(state, step), ...reopened(state, step, parked), ...notRenewable(state, step)];
}

/** Long after the token's end of life, without an answer from IMS since: no token of the grant can be alive. */
function givenUp(state: ProtocolState, { view, longExpired }: ConnectionStep): readonly ProtocolState[] {
  if (!longExpired || view.state !== 'needs-reauthorization' || !isLive(state.connection)) return [];
  const expired = endedElsewhere(state, state.grants[state.connection.grant]?.live ?? []);
  const claimed = expired.workers.findIndex(
    ({ phase, runId }) => phase === 'claimed' && runId === state.connection.lease?.runId,
  );
  if (claimed < 0) return [];
  const changes = { state: 'needs-reauthorization', refusals: 2, lease: null } as const;
  return [withConnection(withWorker(expired, claimed, IDLE), changes)];
}

/** An uncommitted successor of the ended generation came late: it is still to be revoked at IMS. */
function reopened(
  state: ProtocolState,
  { view }: ConnectionStep,
  parked: readonly ParkedView[],
): readonly ProtocolState[] {
  if (view.state !== 'disconnecting' || state.connection.state !== 'disconnected') return [];
  const { generation } = state.connection;
  const isUncommitted = (one: { readonly generation: number }) => one.generation < generation;
  const inHand = state.workers.filter(({ successor }) => successor !== null);
  if (![...parked, ...inHand].some(isUncommitted)) return [];
  return [withConnection(state, { state: 'disconnecting' })];
}

/** Without `offline_access` there is a connection and nothing to rotate. */
function notRenewable(state: ProtocolState, { view }: ConnectionStep): readonly ProtocolState[] {
  if (view.refresh !== null || !isNewLife(view.state)) return [];
  if (view.generation <= state.connection.generation) return [];
  const grant = state.grants.length;
  const user = state.grants[state.connection.grant]?.user ?? 'ann';
  return [
    {
      ...state,
      connection: { ...freshConnection(view.generation, grant), refresh: null },
      grants: [...state.grants, { ...freshGrant(grant, user), live: [], endedInWindow: true }],
      consents: [...state.consents, { generation: view.generation, grant, step: 'written' }],
    },
  ];
}

function isNewLife(state: string): boolean {
  return state === 'active';
}

/** The provider or the user ended these tokens: this does not count as a loss. */
export function endedElsewhere(state: ProtocolState, tokens: readonly Token[]): ProtocolState {
  return tokens.reduce((left, token) => {
    const at = grantOf(token);
    const live = (left.grants[at]?.live ?? []).filter((one) => one !== token);
    return withGrant(left, at, { live, endedInWindow: true });
  }, state);
}

/** IMS gave an access token and left the refresh token as it is: it is received as its own successor. */
export function keptBy(state: ProtocolState, token: string): readonly ProtocolState[] {
  return posters(state, token).flatMap(([at, worker]) => {
    const { phase, posted, openPost } = worker;
    const kept: Worker[] = [];
    if (phase === 'posted') kept.push({ ...worker, phase: 'received', successor: posted });
    if (openPost?.phase === 'posted') {
      kept.push({ ...worker, openPost: { phase: 'answered', successor: posted } });
    }
    return kept.map((one) => withWorker(state, at, one));
  });
}

/** IMS did nothing with the token. Its answer says nothing of the grant. */
export function declinedTo(state: ProtocolState, token: string): readonly ProtocolState[] {
  return posters(state, token).flatMap(([at, worker]) => {
    const { phase, openPost } = worker;
    const declined: Worker[] = [];
    if (phase === 'posted') declined.push({ ...worker, phase: 'unanswered' });
    if (openPost?.phase === 'posted') {
      declined.push(phase === 'awaiting' ? IDLE : { ...worker, openPost: null });
    }
    return declined.map((one) => withWorker(state, at, one));
  });
}

function posters({ workers }: ProtocolState, token: string): readonly (readonly [number, Worker])[] {
  return [...workers.entries()].filter(
    ([, { phase, posted, openPost }]) =>
      (phase === 'posted' || openPost?.phase === 'posted') && (posted === token || token === 'unknown'),
  );
}

/** The present token stays. The evidence is cleared, and the run that holds the lease releases it. */
export function stepsThatKeep(state: ProtocolState): readonly ProtocolState[] {
  return [...state.workers.entries()].flatMap(([at, worker]) => {
    const { connection } = state;
    if (!isKept(worker) || worker.generation !== connection.generation) return [];
    if (connection.version !== worker.version || connection.lease?.runId !== worker.runId) return [];
    const publishing = {
      ...worker,
      phase: 'publishing',
      successor: null,
      version: worker.version - 1,
    } as const;
    const changes = { state: 'active', lease: null, refusals: 0, tried: [], refresh: worker.posted } as const;
    return [withConnection(withWorker(state, at, publishing), changes)];
  });
}

export function isKept({ phase, posted, successor }: Worker): boolean {
  return phase === 'received' && posted !== null && successor === posted;
}
