import { createFakeVault } from '../../../test/support/fake-vault/fake-vault.ts';
import { inRounds, type Spread, spreadOf } from '../statistics.ts';

/** Rotations per second of processor time, with every port in memory: the cost of the protocol itself. */
export async function measureRotationRate({
  rounds,
  rotations,
}: {
  rounds: number;
  rotations: number;
}): Promise<Spread> {
  const figures = await inRounds(rounds, { rotations: () => rotationsPerSecond(rotations) });
  return spreadOf(figures.rotations);
}

async function rotationsPerSecond(rotations: number): Promise<number> {
  const bench = createFakeVault();
  const connectionIds = Array.from({ length: rotations }, (_, number) => `acme.user-${number}`);
  for (const connectionId of connectionIds) await bench.connect({ connectionId });
  const before = process.cpuUsage();
  for (const connectionId of connectionIds) {
    const { outcome } = await bench.fireDue(connectionId);
    if (outcome !== 'rotated') throw new Error(`A rotation ended as ${outcome}.`);
  }
  const { user, system } = process.cpuUsage(before);
  return rotations / ((user + system) / 1e6);
}
