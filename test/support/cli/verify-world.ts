import { receiveAt } from '../../../cli/browser-inbox.ts';
import { STEP_NAMES, type StepName, type VerifiedStep } from '../../../cli/verify/verification.ts';
import { verificationPolicy } from '../../../cli/verify/verification-policy.ts';
import { createHttpBrowser } from '../../../local/demo/browser/http-browser.ts';
import type { VaultWorld } from '../vault/vault-world.ts';
import { type CommandEnding, runCommand } from './run-command.ts';

export interface Verification {
  readonly code: number;
  readonly ending: CommandEnding;
  /** Progress. */
  readonly printed: string;
  /** With `--json` alone. */
  readonly steps: () => readonly VerifiedStep[];
}

interface Run {
  readonly argv?: readonly string[];
  readonly only?: readonly StepName[];
  /** What the operator does with the link instead of signing in. Answers with what is typed at the question. */
  readonly operator?: (link: string) => Promise<string | undefined>;
  readonly atTerminal?: boolean;
  /** What the operator's browser does when the link is printed, without the terminal. */
  readonly browser?: (link: string) => Promise<unknown>;
  readonly fetch?: typeof fetch;
  /** The time that the command waits for the sign-in passes at once. */
  readonly timePasses?: boolean;
  /** What the operator's role may not do: these statements are missing from the printed policy. */
  readonly without?: readonly string[];
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const VAULT = 'AdobeTokenVault';
/** The count-down of the sign-in ticks this often. No other pause is as long. */
const TICK_MS = 30_000;

/** Runs `verify` on the local stack, with an operator who signs in by following the link. */
export function createVerifyWorld(world: VaultWorld) {
  const apiId = world.stack.outputs[VAULT]?.ApiId ?? '';
  const place = { stack: VAULT, vault: VAULT, region: 'us-east-1', apiId };
  const policy = verificationPolicy(place, 'deployment-check');
  // What it prints for its operator is all that it has.
  const verifier = world.stack.iam.addOperator('Verifier', policy);
  let others = 0;
  const verifierWithout = (sids: readonly string[]): Credentials => {
    others += 1;
    const Statement = policy.Statement.filter(
      (statement) => !('Sid' in statement && sids.includes(String(statement.Sid))),
    );
    if (Statement.length !== policy.Statement.length - sids.length)
      throw new Error(`Not in the policy: ${sids}`);
    return world.stack.iam.addOperator(`Verifier-${others}`, { ...policy, Statement });
  };
  const admin = world.stack.iam.addOperator('Admin', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  });
  const profiles: Record<string, Credentials> = {
    reader: world.stack.credentialsOf('LightroomReaderRole'),
    admin,
  };
  let leave: () => void = () => undefined;

  async function verify({ argv = ['--json'], only, ...run }: Run = {}): Promise<Verification> {
    let printed = '';
    const credentials = run.without === undefined ? verifier : verifierWithout(run.without);
    const skipped = only === undefined ? [] : STEP_NAMES.filter((name) => !only.includes(name));
    const skip = skipped.length > 0 ? ['--skip', ...skipped] : [];
    const ending = await runCommand(['verify', ...argv, '--endpoint', world.stack.awsEndpointUrl, ...skip], {
      interactive: run.atTerminal ?? true,
      stderr: (text) => {
        printed += text;
        const [link] = /http\S+\/authorize\?\S+/.exec(text) ?? [];
        if (link !== undefined) void run.browser?.(link);
      },
      ask: async () => {
        const link = printed.match(/http\S+\/authorize\?\S+/g)?.at(-1) ?? '';
        return (run.operator ?? signIn)(link);
      },
      onInterrupt: (left) => {
        leave = left;
        return () => undefined;
      },
      receiveAt,
      credentials: async () => credentials,
      credentialsOf: (profile) => async () => profiles[profile] ?? verifier,
      fetch: run.fetch ?? fetch,
      sleep: (durationMs, signal) =>
        durationMs !== TICK_MS ? pass(durationMs) : run.timePasses ? Promise.resolve() : untilAborted(signal),
      nowMs: () => world.clock.nowMs(),
    });
    return {
      code: ending.code,
      ending,
      printed,
      steps: () => ending.document.steps as readonly VerifiedStep[],
    };
  }

  const pass = async (durationMs: number): Promise<void> => {
    await world.stack.time.advanceBy(durationMs);
  };

  /** Another command, as an operator who may do everything. */
  const command = (...argv: readonly string[]): Promise<CommandEnding> =>
    runCommand([...argv, '--endpoint', world.stack.awsEndpointUrl], {
      credentials: async () => admin,
      fetch,
      nowMs: () => world.clock.nowMs(),
    });

  return { verify, command, credentials: verifier, leave: () => leave() };
}

/** The clock does not move during a sign-in, so the count-down never ends by itself. */
async function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}

export async function signIn(link: string): Promise<string> {
  return (await createHttpBrowser().open(link)).url.href;
}
