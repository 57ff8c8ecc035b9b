import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { PROVIDER_MODES } from '../../../local/ims/refresh-token-rules.ts';
import { unexplainedLosses } from '../../verify/kills/figures.ts';
import { type KillWorld, startKillWorld } from '../../verify/kills/kill-world.ts';
import { type KillRunOptions, runKills } from '../../verify/kills/run-kills.ts';

const SEED = 20_261_122;

describe('Rotator workers that are ended without warning', () => {
  let world: KillWorld;
  beforeAll(async () => {
    world = await startKillWorld(inject('cdkOut'), 3);
  });
  afterAll(() => world.stop());

  const run = (options: Partial<KillRunOptions>) =>
    runKills(world, {
      modes: PROVIDER_MODES,
      rotations: 12,
      connections: 3,
      measured: 1,
      seed: SEED,
      killShare: 0.35,
      outageShare: 0,
      onProgress: () => undefined,
      ...options,
    });

  it('lose a grant nowhere but in the window, and none where a used token stays good', async () => {
    const { figures, ended } = await run({});
    expect(unexplainedLosses(ended, SEED)).toEqual([]);
    expect(world.stack.problems()).toEqual([]);
    expect(figures.ok).toBe(true);
    expect(figures.modes.reuse).toMatchObject({ rotations: 12, kept: 12 });
    const all = Object.values(figures.modes);
    expect(all.map(({ rotations }) => rotations)).toEqual([12, 12, 12, 12]);
    expect(all.reduce((sum, { killed }) => sum + killed, 0)).toBeGreaterThan(0);
    expect(ended.filter(({ classified }) => classified.killPhase === 'never')).not.toEqual([]);
    expect(figures.window.plain.rotations).toBeGreaterThan(0);
  });

  it('are not blamed for a grant that was lost without them: the check fails', async () => {
    const { figures, ended } = await run({
      modes: ['strict'],
      rotations: 1,
      connections: 1,
      killShare: 0,
      afterKills: ([subject]) => world.ims.user(subject?.user ?? '').revokeGrants(),
    });
    expect(figures.ok).toBe(false);
    expect(figures.modes.strict).toMatchObject({ killed: 0, kept: 0, lostOutside: 1 });
    expect(unexplainedLosses(ended, SEED).join('\n')).toContain(`--seed ${SEED} --mode strict`);
  });
});
