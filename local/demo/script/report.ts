import type { DemoWorld } from '../world/demo-world.ts';
import type { ScriptFindings } from './script.ts';
import { isFlawless, type ModeFigures } from './steps/figures.ts';
import type { Transcript } from './transcript.ts';

/** One line of JSON for programs. */
export interface DemoReport extends ScriptFindings {
  readonly ok: boolean;
  /** As Scheduler counted them. */
  readonly schedules: { readonly set: number; readonly gone: number };
  readonly failures: readonly string[];
  readonly seconds: number;
}

interface ReportContext {
  readonly world: Pick<DemoWorld, 'watch' | 'stack'>;
  readonly transcript: Transcript;
  readonly seconds: number;
}

/** Prints the figures and whether the run succeeded. The vault counts none of them. */
export function reportOf(findings: ScriptFindings, context: ReportContext): DemoReport {
  const { transcript, world, seconds } = context;
  const schedules = world.watch.schedules();
  for (const problem of world.stack.problems())
    transcript.expect('the local stack has no trouble', false, problem);
  const modes = Object.entries(findings.modes);

  transcript.title('Counted by the stand-ins for IMS and Scheduler, not by the vault');
  transcript.table([
    ['IMS mode', 'connected', 'days', 'rotations', 'token posts', 'expiries', 'double spends'],
    ...modes.map(([mode, figures]) => [mode, ...rowOf(figures)]),
  ]);
  transcript.title(
    `${schedules.set} schedules were set and ${schedules.gone} are gone. It took ${seconds} seconds.`,
  );

  const failures = transcript.failures();
  const ok =
    failures.length === 0 &&
    modes.every(([, figures]) => figures.connected && isFlawless(figures)) &&
    findings.notSliding.ok &&
    findings.revokedFound &&
    findings.disconnected &&
    findings.lostScheduleFound;
  transcript.title(ok ? 'Everything came as promised.' : 'Not everything came as promised:');
  for (const failure of failures) transcript.say(`✗  ${failure}`);
  return { ok, ...findings, schedules, failures, seconds };
}

function rowOf(figures: ModeFigures): string[] {
  return [
    figures.connected ? 'yes' : 'NO',
    String(figures.days),
    String(figures.rotations),
    String(figures.imsTokenPosts),
    String(figures.expiries),
    String(figures.doubleSpends),
  ];
}
