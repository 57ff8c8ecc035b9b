import { STEP_NAMES, type StepName, type VerifiedStep } from '../../../cli/verify/verification.ts';
import { verificationPolicy } from '../../../cli/verify/verification-policy.ts';
import { createHttpBrowser } from '../../../local/demo/browser/http-browser.ts';
import type { VaultWorld } from '../vault/vault-world.ts';
import { type CommandEnding, runCommand } from './run-command.ts';

export interface Verification {
  readonly code: number;
  readonly ending: CommandEnding;
  /** With `--json` alone. */
  readonly steps: () => readonly VerifiedStep[];
}

interface Run {
  readonly argv?: readonly string[];
  readonly only?: readonly StepName[];
  /** What the operator does with the link instead of signing in. Answers with what is typed at the question. */
  readonly operator?: (link: string) => Promise<string | undefined>;
  readonly atTerminal?: boolean;
  /** Sees each sentence of progress. */
  readonly onProgress?: (sentence: string) => void;
  readonly as?: Credentials;
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
  // What it prints for its operator is all that it has.
  const verifier = world.stack.iam.addOperator('Verifier', verificationPolicy(place, 'deployment-check'));
  const profiles: Record<string, Credentials> = {
    reader: world.stack.credentialsOf('LightroomReaderRole'),
    admin: world.stack.iam.addOperator('Admin', {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
    }),
  };
  let leave: () => void = () => undefined;

  async function verify({ argv = ['--json'], only, ...run }: Run = {}): Promise<Verification> {
    let printed = '';
    const skipped = only === undefined ? [] : STEP_NAMES.filter((name) => !only.includes(name));
    const skip = skipped.length > 0 ? ['--skip', ...skipped] : [];
    const ending = await runCommand(['verify', ...argv, '--endpoint', world.stack.awsEndpointUrl, ...skip], {
      interactive: run.atTerminal ?? true,
      stderr: (text) => {
        printed += text;
        run.onProgress?.(text);
      },
      ask: async () => {
        const link = printed.match(/http\S+\/authorize\?\S+/g)?.at(-1) ?? '';
        return (run.operator ?? signIn)(link);
      },
      onInterrupt: (left) => {
        leave = left;
        return () => undefined;
      },
      credentials: async () => run.as ?? verifier,
      credentialsOf: (profile) => async () => profiles[profile] ?? verifier,
      fetch,
      sleep: (durationMs, signal) => (durationMs === TICK_MS ? tick(signal) : pass(durationMs)),
      nowMs: () => world.clock.nowMs(),
    });
    return { code: ending.code, ending, steps: () => ending.document.steps as readonly VerifiedStep[] };
  }

  const pass = async (durationMs: number): Promise<void> => {
    await world.stack.time.advanceBy(durationMs);
  };

  return { verify, leave: () => leave() };
}

/** The clock does not move during a sign-in, so the count-down never ends by itself. */
async function tick(signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function signIn(link: string): Promise<string> {
  return (await createHttpBrowser().open(link)).url.href;
}
