import { type KillFigures, keepsThePromise, modeFigures } from './figures.ts';
import {
  ACCESS_LIFETIME_SECONDS,
  connectSubject,
  consent,
  type KillWorld,
  type Subject,
} from './kill-world.ts';
import { measureWindow } from './measure-window.ts';
import {
  drawLatency,
  NO_LATENCY,
  type PlanOptions,
  type ProviderMode,
  planRotation,
} from './rotation-plan.ts';
import { type RoundHooks, runRound, type Struck } from './run-round.ts';
import { createSeededShares } from './seeded-shares.ts';

export interface KillRunOptions extends PlanOptions, RoundHooks {
  readonly modes: readonly ProviderMode[];
  /** Per mode. */
  readonly rotations: number;
  /** Connections per mode; each rotates once a round. */
  readonly connections: number;
  /** How many of them, per mode, measure the window before anybody is killed. */
  readonly measured: number;
  readonly onProgress: (sentence: string) => void;
}

export interface KillRun {
  readonly figures: KillFigures;
  readonly struck: readonly Struck[];
}

/** The whole check in a world of its own. */
export async function runKills(world: KillWorld, options: KillRunOptions): Promise<KillRun> {
  const startedAt = performance.now();
  const cpuAtStart = process.cpuUsage();
  const { modes, rotations, onProgress, seed } = options;
  const subjects = await connectAll(world, options);
  onProgress(`${subjects.length} users have consented.`);
  const window = await measureBoth(world, subjectsOf(subjects, options.measured), seed);
  const struck: Struck[] = [];
  const rounds = Math.ceil(rotations / options.connections);
  for (let round = 0; round < rounds; round += 1) {
    // By now every access token has ended: whoever asks needs a rotation.
    await world.stack.time.advanceBy(ACCESS_LIFETIME_SECONDS * 1_000);
    const left = rotations - round * options.connections;
    struck.push(...(await oneRound(world, subjectsOf(subjects, left), round, options)));
    onProgress(
      `Round ${round + 1} of ${rounds}: ${struck.filter(({ classified }) => classified.finding !== 'kept').length} lost so far.`,
    );
  }
  const byMode = modes.map((mode) => [
    mode,
    modeFigures(struck.filter(({ subject }) => subject.mode === mode)),
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
  return { struck, figures: { ...counted, ok: keepsThePromise(counted), ...spent } };
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
): Promise<Struck[]> {
  const planned = subjects.map(
    (subject) => [subject, planRotation(options, subject.connectionId, round)] as const,
  );
  const struck = await runRound(world, planned, options);
  for (const { subject, classified } of struck) {
    if (classified.finding !== 'kept') await consent(world, subject);
  }
  return struck;
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
