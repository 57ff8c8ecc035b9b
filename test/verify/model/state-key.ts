import type { Design } from './design.ts';
import type { Budget, PostedKind, ProtocolState, Token, Worker } from './protocol-state.ts';
import { grantOf, NO_FAULTS } from './protocol-state.ts';

/**
 * A short exact key of a state. Two states with one key can do the same steps, to states that again have one key each, and
 * break the same rules; so one of them is enough. What is left out of the key, and why that is right:
 * - which worker is which: they are interchangeable;
 * - run and commit ids, except which of them are equal: nothing else is ever compared;
 * - version numbers, except their distance from the others of their generation: they are compared and incremented;
 * - which token it is, among those the provider refuses: it treats them all alike;
 * - tokens that no process and no store holds: they cannot be posted again. What counts is whether one of them is live, and
 *   lost in the window;
 * - what a worker no longer needs in its phase.
 * A weakened design may compare numbers it should not, so its versions stay as they are. A test holds the key to all this.
 */
export function createStateKey(design: Design): (state: ProtocolState) => string {
  const { versionCondition, generationCondition, generationsNeverReused } = design;
  const isRelative = versionCondition && generationCondition && generationsNeverReused;
  const bytes = Buffer.alloc(512);
  return (state) => {
    const held = heldTokens(state);
    const writer: Writer = { bytes, length: 0, state, held, ids: runNumbers(state), isRelative };
    putSurroundings(writer);
    putConnection(writer);
    putGrants(writer);
    const end = writer.length;
    const workers: string[] = [];
    for (const worker of state.workers) {
      if (worker.phase === 'idle') continue;
      writer.length = end;
      putWorker(writer, worker);
      workers.push(bytes.toString('latin1', end, writer.length));
    }
    const common = bytes.toString('latin1', 0, end);
    return workers.length > 1 ? common + workers.sort().join('') : common + (workers[0] ?? '');
  };
}

interface Writer {
  readonly bytes: Buffer;
  length: number;
  readonly state: ProtocolState;
  readonly held: readonly Token[];
  /** Numbers for the run ids that may still be compared. */
  readonly ids: readonly number[];
  readonly isRelative: boolean;
}

const BUDGETS = Object.keys(NO_FAULTS) as (keyof Budget)[];
const STATES = ['active', 'suspect', 'needs-reauthorization', 'disconnecting', 'disconnected'];
const ACCESS = ['none', 'token', 'tombstone'];
const NEIGHBOURS = ['none', 'waiting', 'live', 'ending', 'ended', 'lost'];
const CONSENTS = ['waiting', 'written', 'published'];
const PHASES = [
  'idle',
  'read',
  'claimed',
  'posted',
  'answered',
  'unanswered',
  'refused',
  'received',
  'publishing',
  'awaiting',
];
const OPEN_POSTS = ['posted', 'answered', 'refused'];
const KINDS = ['refresh', 'alternate', 'previous'];

function put(writer: Writer, value: number): void {
  if (value > 255) throw new RangeError('The numbers of this cell are too large for its key.');
  writer.bytes[writer.length] = value;
  writer.length += 1;
}

function putSurroundings(writer: Writer): void {
  const { state, ids } = writer;
  const { access } = state;
  for (const name of BUDGETS) put(writer, state.budget[name]);
  put(writer, ACCESS.indexOf(access.kind) * 64 + access.generation * 8 + access.grant);
  putVersion(writer, access);
  put(writer, state.settled * 16 + state.tombstoneDue);
  put(
    writer,
    state.mintedGenerations * 16 + NEIGHBOURS.indexOf(state.neighbour) * 2 + (state.hadZombie ? 1 : 0),
  );
  put(writer, state.revocations.length);
  for (const grant of state.revocations) put(writer, grant);
  put(writer, state.parked.length);
  for (const parked of state.parked) {
    put(writer, parked.generation);
    putVersion(writer, parked);
    putToken(writer, parked.successor);
    put(writer, numberOf(ids, parked.commit));
  }
  put(writer, state.consents.length);
  for (const { generation, grant, step } of state.consents) {
    put(writer, generation * 4 + CONSENTS.indexOf(step));
    put(writer, grant);
  }
}

function putConnection(writer: Writer): void {
  const { state, ids } = writer;
  const { connection } = state;
  const { lease, commits } = connection;
  put(writer, STATES.indexOf(connection.state) * 8 + connection.generation);
  putVersion(writer, connection);
  put(writer, connection.grant * 32 + connection.refusals * 8 + maskOf(connection.tried));
  putToken(writer, connection.refresh);
  putToken(writer, connection.previous);
  putToken(writer, connection.alternate);
  put(writer, lease === null ? 0 : numberOf(ids, lease.runId) * 2 + (lease.ranOut ? 129 : 128));
  put(writer, numberOf(ids, commits[0]));
  put(writer, numberOf(ids, commits[1]));
}

function putGrants(writer: Writer): void {
  for (const [at, grant] of writer.state.grants.entries()) {
    put(writer, (grant.user === 'ann' ? 0 : 1) + (grant.endedInWindow ? 2 : 0));
    put(writer, unheldMask(writer, at));
  }
}

function putWorker(writer: Writer, worker: Worker): void {
  const { phase, openPost } = worker;
  put(writer, PHASES.indexOf(phase) * 8 + worker.generation);
  putVersion(writer, worker);
  put(writer, worker.grant * 2 + (worker.zombie ? 1 : 0));
  put(writer, openPost === null ? 0 : 1 + OPEN_POSTS.indexOf(openPost.phase));
  if (openPost !== null) {
    putToken(writer, openPost.successor);
    putToken(writer, worker.posted);
  }
  if (phase === 'publishing' || phase === 'awaiting') return;
  if (phase !== 'read') {
    put(writer, numberOf(writer.ids, worker.runId));
    putToken(writer, worker.posted);
    putToken(writer, worker.successor);
  }
  if (phase === 'received') return;
  put(writer, STATES.indexOf(worker.stateRead) * 32 + worker.refusals * 8 + maskOf(worker.tried));
  const isUnclean = phase === 'read' && worker.uncleanLease;
  put(writer, KINDS.indexOf(worker.postedKind) * 16 + worker.posts * 2 + (isUnclean ? 1 : 0));
}

function putVersion(writer: Writer, at: Numbered): void {
  put(writer, writer.isRelative ? 64 + at.version - baseOf(writer.state, at.generation) : at.version);
}

interface Numbered {
  readonly generation: number;
  readonly version: number;
}

/** From where the versions of a generation are counted. A consent's own access token is version 1, and is still to come. */
function baseOf(
  { connection, access, parked, workers, consents }: ProtocolState,
  generation: number,
): number {
  for (const consent of consents) {
    if (consent.generation === generation && consent.step !== 'waiting') return 0;
  }
  if (generation === connection.generation) return connection.version;
  let least = access.generation === generation && access.kind === 'token' ? access.version : 64;
  for (const one of parked) {
    if (one.generation === generation && one.version < least) least = one.version;
  }
  for (const one of workers) {
    if (one.generation === generation && one.phase !== 'idle' && one.version < least) least = one.version;
  }
  return least;
}

/** Its grant; whether the provider accepts it; if so, its rank among those of its grant that are held. */
function putToken(writer: Writer, token: Token | null): void {
  if (token === null) {
    put(writer, 0);
    return;
  }
  const at = grantOf(token);
  const grant = writer.state.grants[at];
  if (grant === undefined || !grant.live.includes(token)) {
    put(writer, 1 + at * 8);
    return;
  }
  const isLatest = token === grant.live.at(-1) && isLatestLive(writer.state, at);
  put(writer, 2 + at * 8 + (isLatest ? 1 : 0) + (grant.lostInWindow.includes(token) ? 2 : 0));
  let rank = 0;
  for (const one of grant.live) {
    if (one === token) break;
    if (writer.held.includes(one)) rank += 1;
  }
  put(writer, rank);
}

/** Whether live tokens that no process and no store holds were lost in the window or otherwise, and which of them was issued last. */
function unheldMask({ state, held }: Writer, at: number): number {
  const grant = state.grants[at];
  if (grant === undefined) return 0;
  let mask = 0;
  for (const token of grant.live) {
    if (held.includes(token)) continue;
    const bits = token === grant.live.at(-1) && isLatestLive(state, at) ? 5 : 1;
    mask |= grant.lostInWindow.includes(token) ? bits << 1 : bits;
  }
  return mask;
}

/** The token issued last is the last of the live ones, if it is live. */
function isLatestLive({ grants }: ProtocolState, at: number): boolean {
  const grant = grants[at];
  const last = grant?.live.at(-1);
  return last !== undefined && Number.parseInt(last.slice(last.indexOf('.') + 1), 10) === grant?.issued;
}

function maskOf(tried: readonly PostedKind[]): number {
  let mask = 0;
  for (const kind of tried) mask |= 1 << KINDS.indexOf(kind);
  return mask;
}

/** Everything some process or store of ours could still post, or keep. */
function heldTokens({ connection, parked, workers }: ProtocolState): readonly Token[] {
  const held: Token[] = [];
  for (const token of [connection.refresh, connection.previous, connection.alternate]) {
    if (token !== null) held.push(token);
  }
  for (const { successor } of parked) held.push(successor);
  for (const { posted, successor, phase, openPost } of workers) {
    if (posted !== null && (phase !== 'publishing' || openPost !== null)) held.push(posted);
    if (successor !== null) held.push(successor);
    if (openPost !== null && openPost.successor !== null) held.push(openPost.successor);
  }
  return held.length < 2 ? held : [...new Set(held)];
}

/** The stored ids that may still be compared, in the order in which they are met. */
function runNumbers({ connection, parked, workers }: ProtocolState): readonly number[] {
  const asked: number[] = [];
  for (const { runId, phase } of workers) if (ASKING.has(phase)) asked.push(runId);
  for (const { commit } of parked) asked.push(commit);
  if (asked.length === 0) return asked;
  const met: number[] = [];
  const stored = [connection.lease?.runId ?? 0, ...connection.commits];
  for (const { commit } of parked) stored.push(commit);
  for (const id of stored) if (asked.includes(id) && !met.includes(id)) met.push(id);
  return met;
}

const ASKING: ReadonlySet<string> = new Set([
  'claimed',
  'posted',
  'answered',
  'unanswered',
  'refused',
  'received',
]);

function numberOf(ids: readonly number[], id: number | undefined): number {
  return id === undefined ? 0 : ids.indexOf(id) + 1;
}
