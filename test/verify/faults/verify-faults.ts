import { fork } from 'node:child_process';
import { once } from 'node:events';
import { PROVIDER_MODES } from '../../../local/ims/refresh-token-rules.ts';
import { replayCrashPoints } from '../model/replay/replayed-crash-points.ts';
import { type AnswerReport, runAnswerFaults } from './answers/run-answer-faults.ts';
import { createCrashWorld } from './crash-world.ts';
import {
  ambiguous,
  differences,
  expectationsFrom,
  readExpectations,
  unmet,
  writeExpectations,
} from './expected-outcomes.ts';
import {
  type CrashPointReport,
  type FaultyRun,
  runCrashPoints,
  runSecondFaults,
} from './run-crash-points.ts';
import { SCENARIOS } from './scenarios.ts';
import { runWireFaults } from './wire/wired-world.ts';

/** The lease of a crashed process outlives this grace: the next process comes too late. */
const SHORT_GRACE_MS = 60_000;
interface SecondPart {
  readonly atWire: CrashPointReport;
  readonly answers: AnswerReport;
}

/** This process is the second one, which uses the other core. */
const WIRE_PART = '--wire';

/**
 * Every crash point of the real use cases, at their ports and at the wire of the real adapters, and every way in which an
 * answer of IMS can arrive, against the reviewed file of expected outcomes. `--update` writes that file again, to be reviewed; the rules that hold everywhere are checked all
 * the same.
 */
async function verify(): Promise<void> {
  const startedAt = performance.now();
  const pendingWire = inSecondProcess();
  const atPorts = await replayCrashPoints(SCENARIOS, PROVIDER_MODES);
  const seconds = await runSecondFaults(SCENARIOS, atPorts.runs, PROVIDER_MODES);
  const hasty = await runCrashPoints(SCENARIOS, ['grace'], (mode) => createCrashWorld(mode, SHORT_GRACE_MS));
  const { atWire, answers } = await pendingWire;
  const classified = [
    ...atPorts.runs,
    ...atWire.runs.filter(({ kind }) => kind !== 'none'),
    ...answers.pinned,
  ];
  if (process.argv.includes('--update')) writeExpectations(expectationsFrom(classified));
  const all = [
    ...atPorts.runs,
    ...atWire.runs,
    ...seconds,
    ...hasty.runs,
    ...answers.pinned,
    ...answers.rulesOnly,
  ];
  const complaints = complaintsOf(all, classified);
  const refused = atPorts.refused.map((line) => `not a step of the model: ${line}`);
  for (const line of [...complaints.broken, ...complaints.different, ...refused]) {
    process.stderr.write(`${line}\n`);
  }
  const lost = all.filter(({ grant }) => grant === 'lost');
  const figures = {
    scenarios: SCENARIOS.length,
    points: atPorts.points,
    runs: atPorts.runs.length,
    pointsAtWire: atWire.points,
    runsAtWire: atWire.runs.length,
    runsWithSecondFault: seconds.length,
    runsWithShortGrace: hasty.runs.length,
    answers: answers.pinned.length + answers.rulesOnly.length,
    lostInWindow: lost.filter((run) => !run.repostedTooLate).length,
    lostAfterGrace: lost.filter((run) => run.repostedTooLate).length,
    lostOutside: all.filter((run) => run.broken.some((rule) => rule.includes('outside the window'))).length,
    brokenRules: complaints.broken.length,
    differences: complaints.different.length,
    endedByOwnPost: lost.filter((run) => run.endedByOwnPost).length,
    logsReplayed: atPorts.logs,
    stepsReplayed: atPorts.steps,
    stepsRefused: refused.length,
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  const failures = complaints.broken.length + complaints.different.length + refused.length;
  process.exitCode = failures === 0 ? 0 : 1;
}

function complaintsOf(all: readonly FaultyRun[], classified: readonly FaultyRun[]) {
  const expected = readExpectations();
  const stale = unmet(expected, classified);
  return {
    broken: all.flatMap((run) =>
      run.broken.map(
        (rule) =>
          `${run.scenario} | ${run.point} | ${run.detail ?? run.kind} | ${run.mode}: ${rule}: ${run.line}`,
      ),
    ),
    different: [
      ...differences(expected, classified),
      ...ambiguous(classified),
      ...stale.map((place) => `${place}: expected, but there is no such point any more`),
    ],
  };
}

async function inSecondProcess(): Promise<SecondPart> {
  const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
  const second = fork(new URL(import.meta.url), [WIRE_PART], { env });
  const [[report], [code]] = await Promise.all([once(second, 'message'), once(second, 'exit')]);
  if (code !== 0) throw new Error(`The second process ended with ${code}.`);
  return report as SecondPart;
}

if (process.argv.includes(WIRE_PART)) {
  const scenarios = SCENARIOS.filter(({ firstFaultsOnly }) => !firstFaultsOnly);
  const part: SecondPart = { atWire: await runWireFaults(scenarios), answers: await runAnswerFaults() };
  process.send?.(part);
} else {
  await verify();
}
