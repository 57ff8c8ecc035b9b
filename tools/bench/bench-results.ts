import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { HandlerCost } from './handlers/handler-cost.ts';
import type { CacheHit } from './in-process/cache-hit.ts';
import type { CacheMemory } from './in-process/cache-memory.ts';
import type { CallsPerOperation } from './stack/count-calls.ts';
import type { VendLatency } from './stack/vend-latency.ts';
import type { VendLoad } from './stack/vend-load.ts';
import type { StartTime } from './start/start-times.ts';
import type { Spread } from './statistics.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly platform: string;
  /** One-minute load average at the start, divided by the cores. Above 1, other processes compete for the machine. */
  readonly loadPerCore: number;
}

export interface BenchResults {
  readonly date: string;
  /** The last commit that the figures include. */
  readonly commit: string;
  readonly machine: Machine;
  readonly cacheHit: CacheHit;
  readonly cacheMemory: CacheMemory;
  readonly rotationsPerSecond: Spread;
  readonly vendLatency: VendLatency;
  readonly vendLoad: readonly VendLoad[];
  readonly handlers: readonly HandlerCost[];
  readonly emptyStartMs: number;
  readonly starts: readonly StartTime[];
  readonly calls: CallsPerOperation;
}

const FILE = fileURLToPath(new URL('./results.json', import.meta.url));
const PAGE = fileURLToPath(new URL('../../docs/generated/performance.md', import.meta.url));

export function readResults(): BenchResults {
  return JSON.parse(readFileSync(FILE, 'utf8')) as BenchResults;
}

export function writeResults(results: BenchResults, page: string): void {
  writeFileSync(FILE, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(PAGE, page);
}

export function readPage(): string {
  return readFileSync(PAGE, 'utf8');
}
