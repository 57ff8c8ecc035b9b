import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { synthesise } from '../../support/synth/synthesise.ts';
import type { Bench } from '../../verify/runbooks/bench.ts';
import { CANARY, CANARY_SCENARIOS, SCENARIOS } from '../../verify/runbooks/scenarios.ts';
import { actOutEach, startBench } from '../../verify/runbooks/stage.ts';

const DAY_MS = 86_400_000;
/** Long form: the scenarios that take minutes too. */
const ALL = process.env.RUNBOOKS === 'all';

describe('A runbook', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(inject('cdkOut'), ['alice', 'bob', 'carol', 'dora', 'emil']);
  });
  afterAll(() => bench?.world.stop());

  actOutEach(
    SCENARIOS.filter(({ slow }) => ALL || !slow),
    () => bench,
  );
});

describe('The fence of a vault', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(inject('cdkOut'), ['alice']);
  });
  afterAll(() => bench?.world.stop());

  it('refuses callers at once, and shows in the dead letters with the next schedule, as the page says', async () => {
    const page = bench.linked('Switch');
    const values = { first: 'us-east-1' };
    await page.run('aws lambda put-function-concurrency', { values });
    await expect(page.run('aws lambda invoke', { values })).rejects.toMatchObject({
      name: 'TooManyRequestsException',
    });
    await bench.stack.time.advanceBy(8 * DAY_MS, { recurringEveryMs: DAY_MS });
    expect(bench.firing()).toContain('dead-letters');
    const [queue] = bench.stack.queues.values();
    expect(queue?.messages()[0]?.body).toContain('"condition":"ZeroReservedConcurrency"');
  });
});

describe('A runbook of a vault with a canary connection', () => {
  let bench: Bench;
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'adobe-token-vault-runbooks-'));
    const cdkOut = join(directory, 'cdk.out');
    const context = { example: 'true', 'vault.canaryConnectionId': CANARY };
    synthesise({ functionBundles: inject('functionBundles'), outdir: cdkOut, context });
    bench = await startBench(cdkOut, ['canary']);
  });
  afterAll(async () => {
    await bench?.world.stop();
    await rm(directory, { recursive: true, force: true });
  });

  actOutEach(CANARY_SCENARIOS, () => bench);
});
