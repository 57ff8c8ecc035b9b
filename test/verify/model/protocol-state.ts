import type { ProviderMode } from '../../../local/ims/refresh-token-rules.ts';

/**
 * The rotation protocol as a state that is searched completely. What happened at the provider is kept next to what the vault
 * stores, so that a loss differs from a grant that ended.
 *
 * Not in the model, and what proves it instead:
 * - Time. There is only an order: a lease runs out after its holder's death (or as a zombie of the budget), and attempts after a
 *   refusal come when all earlier runs have ended. The time budget of deadlines: test/unit/model (the kill before the lease's end), test/infra
 *   (the function's timeout); the pauses themselves: test/unit/rotation.
 * - The breakers and the schedules. They only keep a run from starting, which the model always allows. That no connection is
 *   forgotten: test/unit/reconcile, and the simulated fleet.
 * - Narrower scopes, answers that keep the present refresh token, `ride_*`: the replay of recorded runs, test/verify/faults.
 * - That the table and Scheduler both fail for one successor until the kill: it ends as in a crash at that moment.
 * - The lease that a revocation or a warning takes when it is free. Here it keeps no run out: more may happen than in the code.
 * - A consent that is given while the same user's other grant is being revoked, where IMS revokes per user: it ends with it,
 *   because IMS ends it. Checking for other live connections and telling IMS is one step here; in the code there is a moment
 *   between the two.
 */

/** A refresh token as the provider knows it: `<grant>.<serial>`. The vault never sees grants and serials. */
export type Token = `${number}.${number}`;
export type User = 'ann' | 'bob';
export type Mode = ProviderMode;

/** One consent at the provider. */
export interface Grant {
  readonly user: User;
  /** Tokens the provider would accept now. */
  readonly live: readonly Token[];
  readonly issued: number;
  /** Successors no process of ours ever stored: their answer was lost, or its reader died (the honest remainder). */
  readonly lostInWindow: readonly Token[];
  /** The grant ended inside that window, or its user ended it before it was redeemed: what happens later proves nothing. */
  readonly endedInWindow: boolean;
}

export interface ModelConnection {
  readonly state: 'active' | 'suspect' | 'needs-reauthorization' | 'disconnecting' | 'disconnected';
  readonly generation: number;
  readonly version: number;
  readonly grant: number;
  readonly refresh: Token | null;
  readonly previous: Token | null;
  readonly alternate: Token | null;
  readonly lease: { readonly runId: number; readonly ranOut: boolean } | null;
  readonly commits: readonly number[];
  readonly refusals: number;
  readonly tried: readonly PostedKind[];
}

export type PostedKind = 'refresh' | 'alternate' | 'previous';

/** The cached access token. `grant` is the grant it really came from. */
export interface ModelAccessItem {
  readonly kind: 'none' | 'token' | 'tombstone';
  readonly generation: number;
  readonly version: number;
  readonly grant: number;
}

export interface Parked {
  readonly generation: number;
  readonly version: number;
  readonly successor: Token;
  readonly commit: number;
}

/**
 * A consent that waits to be redeemed (`waiting`), whose access token is still to be published (`written`), or whose code is
 * still to be marked (`published`). The process may die after each. The same code then goes on from there.
 */
export interface PendingConsent {
  readonly generation: number;
  readonly grant: number;
  readonly step: 'waiting' | 'written' | 'published';
}

/** What revoking a token ends at the provider, and what the vault's settings say of that. */
export interface RevocationScope {
  readonly ends: 'grant' | 'user';
  readonly setting: 'unknown' | 'token';
}

/** Another connection of Ann's, under another id. */
export type Neighbour = 'none' | 'waiting' | 'live' | 'ending' | 'ended' | 'lost';

export type Phase =
  | 'idle'
  | 'read'
  | 'claimed'
  | 'posted'
  | 'answered'
  | 'unanswered'
  | 'refused'
  | 'received'
  | 'publishing'
  /** Done, except for the other post of the same token, which it waits for. */
  | 'awaiting';

/** One of two posts of a token in flight at once: the request is under way, or its answer is. */
export interface OpenPost {
  readonly phase: 'posted' | 'answered' | 'refused';
  readonly successor: Token | null;
}

/** One run of `rotate`: what it read, and how far it came. */
export interface Worker {
  readonly phase: Phase;
  readonly generation: number;
  readonly version: number;
  readonly grant: number;
  readonly postedKind: PostedKind;
  readonly posted: Token | null;
  readonly successor: Token | null;
  readonly runId: number;
  readonly posts: number;
  /** The other post of this run, while `phase` describes one: the unanswered first next to the second, or the reverse. */
  readonly openPost: OpenPost | null;
  readonly uncleanLease: boolean;
  readonly stateRead: ModelConnection['state'];
  /** The evidence as it was read: a decision uses what its run read, so a stale run cannot add to newer evidence. */
  readonly refusals: number;
  readonly tried: readonly PostedKind[];
  /** Its lease ran out although it still runs. */
  readonly zombie: boolean;
}

/** What may still happen in this run; every number bounds the search. */
export interface Budget {
  readonly requests: number;
  readonly crashes: number;
  readonly zombies: number;
  readonly lostAnswers: number;
  readonly slowAnswers: number;
  /** A first post that is unanswered when the second must be made. It may be handled or answered at any time later. */
  readonly lateAnswers: number;
  readonly refusedCommits: number;
  readonly ambiguousCommits: number;
  readonly graceEnds: number;
  /** The provider returns a successor that it then does not know (its own write was lost). */
  readonly stillborn: number;
  readonly disconnects: number;
  readonly consentsByAnn: number;
  readonly consentsByBob: number;
  /** A code is redeemed once more by a second caller. */
  readonly repeatedRedeems: number;
  /** Ann connects under another id as well, and may disconnect there. */
  readonly neighbours: number;
}

export interface ProtocolState {
  readonly connection: ModelConnection;
  readonly access: ModelAccessItem;
  readonly parked: readonly Parked[];
  readonly grants: readonly Grant[];
  readonly consents: readonly PendingConsent[];
  /** The generation of a disconnect whose access-token tombstone is still to be written; 0 = none. */
  readonly tombstoneDue: number;
  /** Grants of ended generations that are still to be revoked at IMS. */
  readonly revocations: readonly number[];
  readonly scope: RevocationScope;
  readonly neighbour: Neighbour;
  /** The newest generation whose disconnect or consent has been answered: from here on nothing older may be returned. */
  readonly settled: number;
  readonly workers: readonly Worker[];
  readonly budget: Budget;
  readonly mintedGenerations: number;
  readonly runs: number;
  /** A process outlived its hard kill: an extra post can no longer be ruled out. */
  readonly hadZombie: boolean;
}

export const IDLE: Worker = {
  phase: 'idle',
  generation: 0,
  version: 0,
  grant: 0,
  postedKind: 'refresh',
  posted: null,
  successor: null,
  runId: 0,
  posts: 0,
  openPost: null,
  uncleanLease: false,
  stateRead: 'active',
  refusals: 0,
  tried: [],
  zombie: false,
};

export const NO_FAULTS: Budget = {
  requests: 2,
  crashes: 0,
  zombies: 0,
  lostAnswers: 0,
  slowAnswers: 0,
  lateAnswers: 0,
  refusedCommits: 0,
  ambiguousCommits: 0,
  graceEnds: 0,
  stillborn: 0,
  disconnects: 0,
  consentsByAnn: 0,
  consentsByBob: 0,
  repeatedRedeems: 0,
  neighbours: 0,
};

const REVOKED_ALONE: RevocationScope = { ends: 'grant', setting: 'unknown' };

export function freshConnection(generation: number, grant: number): ModelConnection {
  return {
    state: 'active',
    generation,
    version: 1,
    grant,
    refresh: `${grant}.1`,
    previous: null,
    alternate: null,
    lease: null,
    commits: [],
    refusals: 0,
    tried: [],
  };
}

export function freshGrant(grant: number, user: User): Grant {
  return { user, live: [`${grant}.1`], issued: 1, lostInWindow: [], endedInWindow: false };
}

/** Ann is connected, her access token is published, and no run is under way. */
export function initialState(
  workers: number,
  budget: Budget,
  scope: RevocationScope = REVOKED_ALONE,
): ProtocolState {
  return {
    connection: freshConnection(1, 0),
    access: { kind: 'token', generation: 1, version: 1, grant: 0 },
    parked: [],
    grants: [freshGrant(0, 'ann')],
    consents: [],
    tombstoneDue: 0,
    revocations: [],
    scope,
    neighbour: 'none',
    settled: 1,
    workers: Array.from({ length: workers }, () => IDLE),
    budget,
    mintedGenerations: 1,
    runs: 0,
    hadZombie: false,
  };
}

export function isLive(connection: ModelConnection): boolean {
  return connection.state !== 'disconnecting' && connection.state !== 'disconnected';
}

export function grantOf(token: Token): number {
  return Number.parseInt(token, 10);
}

export function spend(state: ProtocolState, fault: keyof Budget): ProtocolState {
  return { ...state, budget: { ...state.budget, [fault]: state.budget[fault] - 1 } };
}

export function withWorker(state: ProtocolState, index: number, worker: Worker): ProtocolState {
  return { ...state, workers: state.workers.map((other, at) => (at === index ? worker : other)) };
}

export function withGrant(state: ProtocolState, index: number, changes: Partial<Grant>): ProtocolState {
  return {
    ...state,
    grants: state.grants.map((grant, at) => (at === index ? { ...grant, ...changes } : grant)),
  };
}

export function withConnection(state: ProtocolState, changes: Partial<ModelConnection>): ProtocolState {
  return { ...state, connection: { ...state.connection, ...changes } };
}

/** Something that may happen next. `breach` names a rule the step itself breaks, whatever state it leads to. */
export interface Step {
  readonly label: string;
  readonly next: ProtocolState;
  readonly breach?: string;
  /** The breach gives one user what is another's. */
  readonly crossUser?: true;
  /** IMS dealt with a post of this token: it named a successor, or refused. */
  readonly post?: { readonly token: Token; readonly successor: Token | null };
}
