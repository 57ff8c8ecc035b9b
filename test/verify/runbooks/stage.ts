import { expect, it } from 'vitest';
import { startVaultWorld } from '../../support/vault/vault-world.ts';
import { type Bench, createBench } from './bench.ts';
import type { Scenario } from './scenario.ts';

const KNOWN_TO_IMS = ['alice', 'bob', 'carol'];

/** A vault on which sections are acted out, quiet and with one connection for each user. */
export async function startBench(cdkOut: string, users: readonly string[]): Promise<Bench> {
  const world = await startVaultWorld({ cdkOut });
  for (const key of users) {
    if (!KNOWN_TO_IMS.includes(key)) world.ims.addUser({ key });
    await world.connect(`demo.${key}`, key);
  }
  const bench = await createBench(world, users);
  await bench.passHours(7);
  expect(bench.firing()).toEqual([]);
  return bench;
}

/** A test for each scenario, in order: fault in, alarm on, the steps of the page, quiet. */
export function actOutEach(scenarios: readonly Scenario[], bench: () => Bench): void {
  it.each(scenarios.map((scenario) => [scenario.id, scenario] as const))(
    '%s: the fault fires the alarm, and the steps of the page make the vault quiet',
    (_, scenario) => actOut(bench(), scenario),
  );
}

async function actOut(bench: Bench, scenario: Scenario): Promise<void> {
  const { id, notRun = {} } = scenario;
  expect(bench.stateOf(id), `${id} is quiet before`).toBe('OK');
  await scenario.breaks(bench);
  expect(bench.stateOf(id), `${id} fires`).toBe('ALARM');
  const runbook = bench.runbook(id);
  await scenario.repairs(bench, runbook);
  const unexplained = runbook.left().filter((command) => !isExplained(command, notRun));
  expect(unexplained, 'every command of the section was run, or a reason is given').toEqual([]);
  if (scenario.goesOn) return;
  await bench.passHours(scenario.quietAfterHours);
  expect(bench.firing(), 'the vault is quiet').toEqual([]);
}

function isExplained(command: string, notRun: Readonly<Record<string, string>>): boolean {
  return Object.keys(notRun).some((beginning) => command.startsWith(beginning));
}
