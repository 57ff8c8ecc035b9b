import { setTimeout as sleep } from 'node:timers/promises';
import type { Faults } from '../../../local/aws/faults.ts';
import type { ProviderMode } from '../../../local/ims/refresh-token-rules.ts';
import { until } from '../../support/time/until.ts';
import {
  type Classified,
  classifyLoss,
  findGrants,
  READERS,
  readsToken,
  refusals,
  type WatchedRotation,
} from './classify-loss.ts';
import { type KillFigures, keepsThePromise, measureWindow, modeFigures } from './figures.ts';
import {
  ACCESS_LIFETIME_SECONDS,
  connectSubject,
  consent,
  type KillWorld,
  type Subject,
} from './kill-world.ts';
import {
  createSeededShares,
  drawLatency,
  type Latency,
  NO_LATENCY,
  type PlannedKill,
  type PlanOptions,
  planRotation,
  type RotationPlan,
} from './rotation-plan.ts';
import { type RotationLog, storesVersionOf } from './watch-rotations.ts';

export interface KillRunOptions extends PlanOptions, RoundHooks {
  readonly modes: readonly ProviderMode[];
  /** Per mode. */
  readonly rotations: number;
  /** Connections per mode; each rotates once a round. */
  readonly connections: number;
  /** How many of them, per mode, measure the window before the first kill. */
  readonly measured: number;
  readonly onProgress: (sentence: string) => void;
}

export interface KillRun {
  readonly figures: KillFigures;
  readonly ended: readonly EndedRotation[];
}

/** The whole check in a separate world. */
export async function runKills(world: KillWorld, options: KillRunOptions): Promise<KillRun> {
  const startedAt = performance.now();
  const cpuAtStart = process.cpuUsage();
  const { modes, rotations, onProgress, seed } = options;
  const subjects = await connectAll(world, options);
  onProgress(`${subjects.length} users have consented.`);
  const window = await measureBoth(world, subjectsOf(subjects, options.measured), seed);
  const ended: EndedRotation[] = [];
  const rounds = Math.ceil(rotations / options.connections);
  for (let round = 0; round < rounds; round += 1) {
    // By now every access token has ended: each caller needs a rotation.
    await world.stack.time.advanceBy(ACCESS_LIFETIME_SECONDS * 1_000);
    const left = rotations - round * options.connections;
    ended.push(...(await oneRound(world, subjectsOf(subjects, left), round, options)));
    onProgress(
      `Round ${round + 1} of ${rounds}: ${ended.filter(({ classified }) => classified.finding !== 'kept').length} lost so far.`,
    );
  }
  const byMode = modes.map((mode) => [
    mode,
    modeFigures(ended.filter(({ subject }) => subject.mode === mode)),
  ]);
  const counted = {
    seed,
    modes: Object.fromEntries(byMode) as KillFigures['modes'],
    window,
    problems: world.stack.problems().length,
  };
  const cpu = process.cpuUsage(cpuAtStart);
  const spent = {
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
    cpuSeconds: Math.round((cpu.user + cpu.system) / 100_000) / 10,
  };
  return { ended, figures: { ...counted, ok: keepsThePromise(counted), ...spent } };
}

async function connectAll(world: KillWorld, { modes, connections }: KillRunOptions): Promise<Subject[]> {
  const subjects: Subject[] = [];
  // Mode by turns, so that every batch has all of them.
  for (let number = 0; number < connections; number += 1) {
    for (const mode of modes) subjects.push(await connectSubject(world, mode, number));
  }
  return subjects;
}

/** The last round may need fewer: the first of each mode. */
function subjectsOf(subjects: readonly Subject[], perMode: number): Subject[] {
  const taken = new Map<ProviderMode, number>();
  return subjects.filter(({ mode }) => {
    taken.set(mode, (taken.get(mode) ?? 0) + 1);
    return (taken.get(mode) ?? 0) <= perMode;
  });
}

async function oneRound(
  world: KillWorld,
  subjects: readonly Subject[],
  round: number,
  options: KillRunOptions,
): Promise<EndedRotation[]> {
  const planned = subjects.map(
    (subject) => [subject, planRotation(options, subject.connectionId, round)] as const,
  );
  const ended = await runRound(world, planned, options);
  for (const { subject, classified } of ended) {
    if (classified.finding !== 'kept') await consent(world, subject);
  }
  return ended;
}

async function measureBoth(
  world: KillWorld,
  subjects: readonly Subject[],
  seed: number,
): Promise<KillFigures['window']> {
  const next = createSeededShares(`${seed}:window`);
  const undisturbed = { trigger: 'operator', askedSoon: false } as const;
  const plain = subjects.map((subject) => [subject, { ...undisturbed, latency: NO_LATENCY }] as const);
  const late = subjects.map(
    (subject) => [subject, { ...undisturbed, latency: drawLatency(next, false) }] as const,
  );
  return {
    // One at a time: how busy this machine is does not belong into the figures.
    plain: await measureWindow(world, plain, 1),
    withArtificialLatency: await measureWindow(world, late, world.workers),
  };
}

const IDLE_TURNS = 50;
const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
/** The lease of a killed holder, and the margin for clocks. */
const LEASE_ENDS_MS = 64 * SECOND_MS;
/** Half an hour until a due time counts as missed, an hour to the reconciler's next run, an hour of spread. */
const RECONCILER_HAS_RUN_MS = 3 * HOUR_MS;

export interface EndedRotation {
  readonly subject: Subject;
  readonly plan: RotationPlan;
  readonly log: RotationLog;
  readonly classified: Classified;
}

export interface RoundHooks {
  /** After the kills and before the world continues. */
  readonly afterKills?: (subjects: readonly Subject[]) => void;
}

/** Rotations of many connections at once, killed as planned; then hours pass once for all of them, and what became of each grant is found. */
async function runRound(
  world: KillWorld,
  planned: readonly (readonly [Subject, RotationPlan])[],
  { afterKills }: RoundHooks = {},
): Promise<EndedRotation[]> {
  const subjects = planned.map(([subject]) => subject);
  const refusedBefore = new Map(subjects.map((subject) => [subject, refusals(world, subject)]));
  const logs = await inPool(planned, world.workers, ([subject, plan]) => runRotation(world, subject, plan));
  world.stack.faults.clear();
  world.ims.faults.clear();
  // What a dead worker had sent is still being processed at IMS; in no world does that take until the lease's end.
  await whenImsIsIdle(world);
  afterKills?.(subjects);
  await world.stack.time.advanceBy(LEASE_ENDS_MS);
  const asking = planned.filter(([, { askedSoon }]) => askedSoon).map(([subject]) => subject);
  await inPool(asking, READERS, (subject) => readsToken(world, subject));
  await world.stack.time.advanceBy(RECONCILER_HAS_RUN_MS);
  const grants = await findGrants(world, subjects, refusedBefore);
  return planned.map(([subject, plan], at) => {
    const log = logs[at];
    if (log === undefined) throw new Error(`Not watched: ${subject.connectionId}.`);
    const classified = classifyLoss(caseFile(subject, log, grants.get(subject) ?? 'unclear'));
    return { subject, plan, log, classified };
  });
}

/** A request that a killed worker had just sent reaches the stand-in within a few turns of its loop. */
async function whenImsIsIdle({ ims }: KillWorld): Promise<void> {
  let idleTurns = 0;
  await until(() => {
    idleTurns = ims.inFlight() > 0 ? 0 : idleTurns + 1;
    return idleTurns > IDLE_TURNS;
  });
}

function caseFile(
  { mode, graceSeconds }: Subject,
  { sightings }: RotationLog,
  grant: WatchedRotation['grant'],
): WatchedRotation {
  return {
    mode,
    graceSeconds,
    sightings,
    grant,
  };
}

/** More tries than any commit makes before it is parked. */
const ALL_TRIES = 1_000;
/** More than any token has left: a vend that asks for so much needs a rotation. */
const MORE_THAN_LEFT_SECONDS = 86_400;

/** Starts one rotation in a separate worker, ends that worker as planned, and returns what the stand-ins saw. */
export async function runRotation(
  world: KillWorld,
  subject: Subject,
  plan: RotationPlan,
): Promise<RotationLog> {
  const { connectionId, user } = subject;
  const log = world.watch.watch(connectionId, user);
  arrangeLatency(world, subject, plan.latency);
  const killing = plan.kill && planKill(world, connectionId, log, plan.kill);
  log.note('invoked');
  await world.stack.invoke('rotate', {
    connectionId,
    trigger: plan.trigger,
    ...(plan.trigger === 'vend' && {
      requirement: { scopeSet: '*', minTtlSeconds: MORE_THAN_LEFT_SECONDS },
    }),
  });
  log.note('returned');
  await killing?.done();
  return log;
}

function arrangeLatency({ ims, stack }: KillWorld, subject: Subject, latency: Latency): void {
  const { thinkMs, deliverMs } = latency;
  const filter = { user: subject.user, grantType: 'refresh_token' } as const;
  if (thinkMs > 0) ims.faults.next({ kind: 'slow', delayMs: thinkMs, before: true }, filter);
  else if (deliverMs > 0) ims.faults.next({ kind: 'slow', delayMs: deliverMs }, filter);
  delayCommit(stack.faults, subject.connectionId, latency);
}

function delayCommit(faults: Faults, connectionId: string, latency: Latency): void {
  const { storeMs, acknowledgeMs, outage } = latency;
  const commit = {
    service: 'dynamodb',
    operation: 'UpdateItem',
    when: (call: Parameters<typeof storesVersionOf>[0]) => storesVersionOf(call) === connectionId,
  };
  if (outage) {
    const effect = { kind: 'error', code: 'InternalServerError', status: 500 } as const;
    faults.next({ ...commit, times: ALL_TRIES, effect });
  } else if (storeMs > 0) {
    faults.next({ ...commit, effect: { kind: 'delay', delayMs: storeMs } });
  } else if (acknowledgeMs > 0) {
    faults.next({ ...commit, effect: { kind: 'delay', delayMs: acknowledgeMs, after: true } });
  }
}

/** Waits for the moment at the stand-ins, then a little, then ends the worker that works on the connection. */
function planKill(world: KillWorld, connectionId: string, log: RotationLog, kill: PlannedKill) {
  let killing: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    if (kill.delayMs >= 1) await sleep(kill.delayMs);
    const at = log.now();
    const ended = await world.stack.kill('rotate', (event) => isAbout(event, connectionId));
    if (ended > 0) log.note('killed', at);
  };
  log.once(kill.after, () => {
    killing = run();
  });
  return { done: async () => killing };
}

function isAbout(event: unknown, connectionId: string): boolean {
  return (
    typeof event === 'object' &&
    event !== null &&
    'connectionId' in event &&
    event.connectionId === connectionId
  );
}

/** Does the work for every item, at most `size` at a time; answers in the items' order. */
export async function inPool<Item, Result>(
  items: readonly Item[],
  size: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [at, item] of queue) results[at] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(size, items.length) }, worker));
  return results;
}
