import { EXIT_CODES, type ExitCode } from '../cli-error.ts';
import { explainError } from '../explain-error.ts';

/** In the order in which they run. Stable, for scripts. */
export const STEP_NAMES = [
  'doctor',
  'quotas',
  'log-groups',
  'alarm-topic',
  'reconciler',
  'refusal',
  'sign-in-page',
  'callback',
  'vend',
  'direct-read',
  'rotation',
  'disconnect',
  'logged-secrets',
  'permissions',
  'alarms',
] as const;

export type StepName = (typeof STEP_NAMES)[number];

export type StepOutcome =
  | { readonly outcome: 'held'; readonly seen: string }
  | {
      /** `failed`: it was seen not to hold. `unknown`: this caller may not look. `not-run`: it was not tried. */
      readonly outcome: 'failed' | 'unknown' | 'not-run';
      readonly seen: string;
      readonly remedy: string;
    };

export type VerifiedStep = { readonly step: StepName } & StepOutcome;

export interface VerificationStep {
  readonly name: StepName;
  /** Steps that must have held. */
  readonly needs: readonly StepName[];
  run(): Promise<StepOutcome>;
}

export const held = (seen: string): StepOutcome => ({ outcome: 'held', seen });
export const failed = (seen: string, remedy: string): StepOutcome => ({ outcome: 'failed', seen, remedy });
export const notRun = (seen: string, remedy: string): StepOutcome => ({ outcome: 'not-run', seen, remedy });

export interface VerificationDeps {
  readonly steps: readonly VerificationStep[];
  readonly skip: ReadonlySet<StepName>;
  /** The operator wants to leave. */
  readonly signal: AbortSignal;
  readonly onResult: (result: VerifiedStep) => void;
}

/** Runs the steps one after the other. A step that depends on one that did not hold is not tried. @throws bugs */
export async function runSteps(deps: VerificationDeps): Promise<readonly VerifiedStep[]> {
  const results: VerifiedStep[] = [];
  for (const step of deps.steps) {
    const result = { step: step.name, ...(await outcomeOf(step, results, deps)) };
    results.push(result);
    deps.onResult(result);
  }
  return results;
}

const AGAIN = 'Run the verification again.';

async function outcomeOf(
  { name, needs, run }: VerificationStep,
  results: readonly VerifiedStep[],
  { skip, signal }: VerificationDeps,
): Promise<StepOutcome> {
  if (signal.aborted) return notRun('You left before it.', AGAIN);
  if (skip.has(name)) return notRun('It was left out with --skip.', 'Run the verification without --skip.');
  const missing = needs.find((needed) =>
    results.some(({ step, outcome }) => step === needed && outcome !== 'held'),
  );
  if (missing !== undefined) {
    return notRun(`The step ${missing} did not hold.`, `Fix ${missing} first. ${AGAIN}`);
  }
  try {
    return await run();
  } catch (error) {
    return outcomeOfError(error);
  }
}

const POLICY =
  'Give your role the policy that `adobe-token-vault verify --print-policy` prints, and run it again.';

/** @throws bugs */
function outcomeOfError(error: unknown): StepOutcome {
  const explained = explainError(error);
  if (explained === undefined) throw error;
  const { message, remedy = AGAIN, exitCode } = explained;
  if (exitCode === EXIT_CODES.denied) return { outcome: 'unknown', seen: message, remedy: POLICY };
  return failed(message, remedy);
}

/** 0 only when every step was seen to hold. */
export function exitCodeOfSteps(results: readonly VerifiedStep[]): ExitCode {
  const outcomes = new Set(results.map(({ outcome }) => outcome));
  if (outcomes.has('failed') || outcomes.has('not-run')) return EXIT_CODES.wrong;
  return outcomes.has('unknown') ? EXIT_CODES.denied : EXIT_CODES.ok;
}
