import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What one connection, or an empty vault, uses of AWS in a month of 30 days. */
export interface MonthlyCounts {
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly schedulesCreated: number;
  readonly fired: number;
  readonly dataKeys: number;
  readonly decrypts: number;
  readonly rotateRuns: number;
  /** Runs of `rotate` that asked Adobe, counted by request. */
  readonly posts: number;
  readonly vends: number;
  /** Vends that had to wait for `rotate`. */
  readonly vendsRenewed: number;
  readonly consents: number;
  readonly reconcilerRuns: number;
  readonly events: number;
}

/** What the template holds and AWS charges for by the month. */
export interface PaidResources {
  readonly keys: number;
  readonly secrets: number;
  readonly alarms: number;
  readonly compositeAlarms: number;
  readonly dashboards: number;
}

/** The file that `npm run cost -- --measure` writes and everything else is computed from. */
export interface MeasuredCounts {
  readonly connections: number;
  readonly fromDay: number;
  readonly toDay: number;
  readonly dailyShare: number;
  /** A vault without connections. */
  readonly vault: MonthlyCounts;
  /** Each connection's part beyond that, when no caller reads its token. */
  readonly idle: MonthlyCounts;
  /** The same, when `dailyShare` of the connections are read once a day. */
  readonly mixed: MonthlyCounts;
  /** An item of Connections, on average. */
  readonly connectionBytes: number;
  readonly accessTokenBytes: number;
  /** Processor time the census spends on one entry of the index, on a whole core. */
  readonly censusMicrosPerEntry: number;
  readonly template: PaidResources;
}

const FILE = fileURLToPath(new URL('./measured-counts.json', import.meta.url));

export function readMeasuredCounts(): MeasuredCounts {
  return JSON.parse(readFileSync(FILE, 'utf8')) as MeasuredCounts;
}

export function writeMeasuredCounts(counts: MeasuredCounts): void {
  writeFileSync(FILE, `${JSON.stringify(counts, null, 2)}\n`);
}
