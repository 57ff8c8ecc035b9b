import { type Command, InvalidArgumentError, Option } from 'commander';
import { CONNECTION_ID } from '../../client/contract.ts';
import { EXIT_CODES, type ExitCode } from '../cli-error.ts';
import type { CliSession, RunCommand } from '../cli-session.ts';
import { gatherFacts } from '../doctor/gather-facts.ts';
import { outputOf, placeInWords } from '../find-vault.ts';
import { printable } from '../output.ts';
import { accountSteps, alarmSteps } from '../verify/account-steps.ts';
import { logSteps } from '../verify/log-steps.ts';
import { tokenSteps } from '../verify/token-steps.ts';
import {
  exitCodeOfSteps,
  runSteps,
  STEP_NAMES,
  type StepName,
  type VerifiedStep,
} from '../verify/verification.ts';
import { verificationPolicy } from '../verify/verification-policy.ts';
import { type CleanUp, cleanUp, signInSteps, startWalk, type Walk } from '../verify/walk.ts';
import { policyPlace } from './doctor-command.ts';

interface VerifyOptions {
  readonly returnTo?: string;
  readonly tenant: string;
  readonly wait: number;
  readonly refusedProfile?: string;
  readonly skip?: readonly StepName[];
  readonly printPolicy?: boolean;
}

const MOST_MINUTES = 10;

export function addVerify(program: Command, run: RunCommand): void {
  program
    .command('verify')
    .description(
      'Tests a deployed vault with a separate connection: sign-in, token, rotation, disconnect. Checks alarms, logs, permissions and quotas, and prints what it saw. You sign in once in your browser.',
    )
    .option(
      '--return-to <url>',
      "the vault's return URL at which your browser ends (default: one on this machine, otherwise the first)",
    )
    .option('--tenant <name>', 'the part before the dot of the connection id', tenant, 'deployment-check')
    .option(
      '--wait <minutes>',
      `how long to wait for your sign-in, up to ${MOST_MINUTES}`,
      minutes,
      MOST_MINUTES,
    )
    .option('--refused-profile <name>', 'AWS profile of a role without a grant, which the vault must refuse')
    .addOption(
      new Option('--skip <step...>', 'steps to leave out; the exit code is then not 0').choices(STEP_NAMES),
    )
    .option('--print-policy', 'print the IAM policy that verify needs, and stop')
    .action((options: VerifyOptions) =>
      run(async (session) => {
        if (options.printPolicy !== true) return verify(session, options);
        const policy = verificationPolicy(await policyPlace(session), options.tenant);
        session.output.result(policy, JSON.stringify(policy, undefined, 2));
        return EXIT_CODES.ok;
      }),
    );
}

async function verify(session: CliSession, options: VerifyOptions): Promise<ExitCode> {
  const { output, world } = session;
  outputOf(await session.stack(), 'VaultName', session.options.stack);
  output.progress(`Verifying ${placeInWords(await session.place())}.`);
  const leaving = new AbortController();
  const stopListening = world.onInterrupt(() => {
    output.progress('Stopping. The run cleans up first. To end it at once, press Ctrl-C again.');
    leaving.abort();
  });
  const facts = once(() => gatherFacts(session));
  const walk = startWalk({
    session,
    facts,
    signal: leaving.signal,
    tenant: options.tenant,
    returnTo: options.returnTo,
    waitMs: options.wait * 60_000,
  });
  const steps = [
    ...accountSteps(walk),
    ...signInSteps(walk),
    ...tokenSteps(walk, options.refusedProfile),
    ...logSteps(walk, await session.nowMs()),
    ...alarmSteps(walk),
  ].sort((one, other) => STEP_NAMES.indexOf(one.name) - STEP_NAMES.indexOf(other.name));
  let ended: CleanUp = { kind: 'nothing-left' };
  let results: readonly VerifiedStep[] = [];
  try {
    const skip = new Set(options.skip);
    const onResult = (result: VerifiedStep) => output.line(inWords(result));
    results = await runSteps({ steps, skip, signal: leaving.signal, onResult });
  } finally {
    ended = await cleanUp(walk);
    stopListening();
    output.progress(cleanUpInWords(ended));
  }
  return report(session, walk, results, ended);
}

function report(
  { output, options: { stack } }: CliSession,
  { connectionId }: Walk,
  steps: readonly VerifiedStep[],
  ended: CleanUp,
): ExitCode {
  const allHeld = steps.every(({ outcome }) => outcome === 'held');
  output.result({ stack, connectionId, held: allHeld, steps, cleanUp: ended.kind }, `\n${summaryOf(steps)}`);
  return ended.kind === 'left-behind' ? EXIT_CODES.wrong : exitCodeOfSteps(steps);
}

const STEP_MARKS: Readonly<Record<VerifiedStep['outcome'], string>> = {
  held: 'held   ',
  failed: 'FAILED ',
  unknown: 'unknown',
  'not-run': 'not run',
};
const NAME_WIDTH = Math.max(...STEP_NAMES.map(({ length }) => length));

function inWords(result: VerifiedStep): string {
  const line = `${STEP_MARKS[result.outcome]}  ${result.step.padEnd(NAME_WIDTH)}  ${printable(result.seen)}`;
  if (result.outcome === 'held') return line;
  return `${line}\n${' '.repeat(NAME_WIDTH + 11)}-> ${printable(result.remedy)}`;
}

function summaryOf(steps: readonly VerifiedStep[]): string {
  const count = (wanted: VerifiedStep['outcome']) => steps.filter(({ outcome }) => outcome === wanted).length;
  if (count('held') === steps.length) return `All ${steps.length} steps were seen to hold.`;
  return `${count('held')} of ${steps.length} steps held. ${count('failed')} failed, ${count('unknown')} unknown, ${count('not-run')} not run.`;
}

function cleanUpInWords(ended: CleanUp): string {
  switch (ended.kind) {
    case 'nothing-left':
      return 'The run left no connection behind.';
    case 'disconnected':
      return 'The connection of the run is disconnected.';
    case 'left-behind':
      return `The connection ${ended.connectionId} may still exist: ${ended.why}\nDisconnect it: \`adobe-token-vault disconnect ${ended.connectionId}\`.`;
  }
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function tenant(text: string): string {
  const isReserved = text.toLowerCase().startsWith('adobe-');
  if (CONNECTION_ID.test(`${text}.x`) && !text.includes('.') && !isReserved && text.length <= 64) return text;
  throw new InvalidArgumentError(
    'It must be letters, digits, - and _, at most 64 of them, and must not begin with adobe-.',
  );
}

function minutes(text: string): number {
  if (/^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= MOST_MINUTES) return Number(text);
  throw new InvalidArgumentError(`It must be 1 to ${MOST_MINUTES}.`);
}
