import type { Bench, Runbook } from './bench.ts';

/** One alarm's section, acted out. */
export interface Scenario {
  readonly id: string;
  /** The fault, for the generated table. */
  readonly fault: string;
  /** Puts the fault in and lets it work until the alarm fires. */
  breaks(bench: Bench): Promise<void>;
  /** Takes the section's steps. What the commands do not repair, such as Adobe itself, is repaired here too. */
  repairs(bench: Bench, runbook: Runbook): Promise<void>;
  /** How long after the steps the whole vault is quiet. */
  readonly quietAfterHours: number;
  /** Commands of the section that are not run, by how they begin, and why. */
  readonly notRun?: Readonly<Record<string, string>>;
  /** Takes minutes of real time: `npm run verify:runbooks` alone acts it out. */
  readonly slow?: true;
  /** The fault goes on in the next scenario, so that the vault is quiet only after that. */
  readonly goesOn?: true;
}

/** A section that nothing here can act out. */
export interface NotActedOut {
  readonly id: string;
  readonly reason: string;
}
