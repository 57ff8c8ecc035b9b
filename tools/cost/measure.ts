import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exampleAccessToken } from '../../test/support/fakes/example-records.ts';
import { writeTinyBundles } from '../../test/support/synth/function-bundles.ts';
import { synthesise } from '../../test/support/synth/synthesise.ts';
import { readTemplate } from '../../test/support/synth/template.ts';
import { accessTokenBytes } from '../../test/verify/simulation/metered-tables.ts';
import { measureCensus } from './measure-census.ts';
import { countFleet, type FleetCounts } from './measure-fleet.ts';
import type { MeasuredCounts, MonthlyCounts, PaidResources } from './measured-counts.ts';
import { paidResources } from './paid-resources.ts';

export interface Measurement {
  readonly connections: number;
  readonly fromDay: number;
  readonly toDay: number;
  readonly dailyShare: number;
}

/** Counts an empty vault, an idle fleet and one that is read, and what the template holds. Takes minutes. */
export async function measure(
  measurement: Measurement,
  progress: (step: string) => void,
): Promise<MeasuredCounts> {
  const { connections } = measurement;
  const fleet = async (size: number, dailyShare: number): Promise<FleetCounts> => {
    progress(`${size} connections, ${dailyShare * 100} % read daily`);
    return countFleet({ ...measurement, connections: size, dailyShare });
  };
  const vault = (await fleet(0, 0)).month;
  const idle = await fleet(connections, 0);
  const mixed = await fleet(connections, measurement.dailyShare);
  progress('census and template');
  return {
    ...measurement,
    vault: rounded(vault),
    idle: rounded(perConnection(idle.month, vault, connections)),
    mixed: rounded(perConnection(mixed.month, vault, connections)),
    connectionBytes: Math.round(idle.connectionBytes),
    accessTokenBytes: accessTokenBytes(exampleAccessToken()),
    censusMicrosPerEntry: Math.round((await measureCensus()) * 10) / 10,
    template: await templateResources(),
  };
}

/** Of a template made for it: the functions in it do nothing. */
export async function templateResources(): Promise<PaidResources> {
  const directory = await mkdtemp(join(tmpdir(), 'adobe-token-vault-cost-'));
  try {
    const functionBundles = await writeTinyBundles(join(directory, 'functions'));
    const outdir = join(directory, 'cdk.out');
    synthesise({ functionBundles, outdir });
    return paidResources(readTemplate(outdir, 'AdobeTokenVault'));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function perConnection(fleet: MonthlyCounts, vault: MonthlyCounts, connections: number): MonthlyCounts {
  return mapCounts(fleet, (amount, name) => (amount - vault[name]) / connections);
}

function rounded(counts: MonthlyCounts): MonthlyCounts {
  return mapCounts(counts, (amount) => Math.round(amount * 1_000) / 1_000);
}

function mapCounts(
  counts: MonthlyCounts,
  change: (amount: number, name: keyof MonthlyCounts) => number,
): MonthlyCounts {
  const names = Object.keys(counts) as (keyof MonthlyCounts)[];
  return Object.fromEntries(names.map((name) => [name, change(counts[name], name)])) as {
    [Name in keyof MonthlyCounts]: number;
  };
}
