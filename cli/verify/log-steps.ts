import { createLogInspector, type LoggedLines } from '../../functions/adapters/aws/account-inspection.ts';
import type { FunctionFacts } from '../../functions/adapters/aws/inspection.ts';
import { VAULT_FUNCTIONS, type VaultFunction } from '../doctor/vault-facts.ts';
import { failed, held, type StepOutcome, type VerificationStep } from './verification.ts';
import type { Walk } from './walk.ts';

/** What the functions wrote during the run: no secret, and no permission that a role lacks. */
export function logSteps(walk: Walk, startedAtMs: number): readonly VerificationStep[] {
  let reading: Promise<RunLogs> | undefined;
  const logs = () => {
    reading ??= readRunLogs(walk, startedAtMs);
    return reading;
  };
  return [
    {
      name: 'logged-secrets',
      needs: ['callback'],
      run: async () => secretsOutcome(await logs(), walk.secrets),
    },
    { name: 'permissions', needs: ['callback'], run: async () => permissionsOutcome(await logs()) },
  ];
}

type RunLogs = ReadonlyMap<VaultFunction, LoggedLines>;

const LOG_WAIT_SECONDS = 60;
const LOG_PAUSE_SECONDS = 5;
/** This machine's clock may be ahead of AWS's. */
const CLOCK_MARGIN_MS = 10_000;

/** CloudWatch shows a line some seconds after it was written. */
async function readRunLogs(walk: Walk, startedAtMs: number): Promise<RunLogs> {
  const { session, signal } = walk;
  const { functions } = await walk.facts();
  const inspector = createLogInspector(await session.aws());
  const fromMs = startedAtMs - CLOCK_MARGIN_MS;
  const read = async (): Promise<RunLogs> => {
    const called = VAULT_FUNCTIONS.filter((name) => walk.called.has(name));
    const entries = called.map(async (name) => {
      const facts = functions[name];
      const group = facts.known ? groupOf(facts.value) : undefined;
      const lines =
        group === undefined ? { lines: [], truncated: false } : await inspector.linesSince(group, fromMs);
      return [name, lines] as const;
    });
    return new Map(await Promise.all(entries));
  };
  let logs = await read();
  for (
    let waited = 0;
    silentIn(logs).length > 0 && waited < LOG_WAIT_SECONDS && !signal.aborted;
    waited += LOG_PAUSE_SECONDS
  ) {
    if (waited === 0) session.output.progress('Waiting for CloudWatch to show the lines of this run.');
    await session.world.sleep(LOG_PAUSE_SECONDS * 1000, signal);
    logs = await read();
  }
  return logs;
}

const groupOf = (facts: FunctionFacts | undefined): string | undefined => facts?.logGroup;

const silentIn = (logs: RunLogs): readonly VaultFunction[] =>
  [...logs].filter(([, { lines }]) => lines.length === 0).map(([name]) => name);

/** Everything Adobe issues is a JWT; its client secrets begin with `p8e-`. */
const SECRET_SHAPES: Readonly<Record<string, RegExp>> = {
  'a token': /eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{8,}/,
  'a client secret': /p8e-[A-Za-z0-9_-]{8,}/,
};
const SHORTEST_SECRET = 16;

function secretsOutcome(logs: RunLogs, secrets: ReadonlyMap<string, string>): StepOutcome {
  const known = [...secrets].filter(([, value]) => value.length >= SHORTEST_SECRET);
  const found = [...logs].flatMap(([name, { lines }]) => {
    const text = lines.join('\n');
    const leaked = [
      ...known.filter(([, value]) => text.includes(value)),
      ...Object.entries(SECRET_SHAPES).filter(([, shape]) => shape.test(text)),
    ];
    return leaked.map(([what]) => `${name} wrote ${what}`);
  });
  if (found.length > 0) {
    return failed(
      `The logs contain secrets: ${found.join('; ')}.`,
      'Delete the log streams of this run, and report it as SECURITY.md says. The tokens of the run are revoked.',
    );
  }
  const all = [...logs.values()];
  const count = all.reduce((sum, { lines }) => sum + lines.length, 0);
  if (count === 0) {
    return failed(
      'The functions wrote no line since the run began, so nothing could be searched.',
      'See the step permissions.',
    );
  }
  const rest = all.some(({ truncated }) => truncated) ? ' More lines than these were not read.' : '';
  return held(
    `${count} lines of ${logs.size} functions hold no token, no code and none of the other secrets of the run.${rest}`,
  );
}

const DENIED = /AccessDenied|ACCESS_DENIED|not authorized to perform/;

/** Functions go on without some permissions, and say so in their logs alone. */
function permissionsOutcome(logs: RunLogs): StepOutcome {
  const denied = [...logs].flatMap(([name, { lines }]) =>
    [...new Set(lines.filter((line) => DENIED.test(line)).map(reasonIn))].map(
      (reason) => `${name}: ${reason}`,
    ),
  );
  const silent = silentIn(logs);
  if (denied.length > 0 || silent.length > 0) {
    const noLine = silent.map((name) => `${name}: it ran, and wrote no line to its log group.`);
    return failed(
      `A role lacks a permission. ${[...denied, ...noLine].join(' ')}`,
      'Redeploy the vault: `npx cdk deploy <vault> --revert-drift`. docs/generated/permissions.md lists what each role needs.',
    );
  }
  const notCalled = VAULT_FUNCTIONS.filter((name) => !logs.has(name));
  const rest = notCalled.length === 0 ? '' : ` Not run: ${notCalled.join(', ')}.`;
  return held(`The roles of ${[...logs.keys()].join(', ')} did their work. AWS denied them nothing.${rest}`);
}

const LONGEST_REASON = 200;

function reasonIn(line: string): string {
  try {
    const { message, error } = JSON.parse(line) as { message?: unknown; error?: { message?: unknown } };
    return String(error?.message ?? message).slice(0, LONGEST_REASON);
  } catch {
    return 'AWS denied a call.';
  }
}
