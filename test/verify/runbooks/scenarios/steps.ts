import type { Bench } from '../bench.ts';

/** What several sections send the operator to do. */

const HOUR_MS = 3_600_000;
const STORE = 'aws secretsmanager put-secret-value';
export const CLIENT_SECRET = 'p8e-test_client-secret-of-the-stand-in';

/** The step "store the right one": a file, and the command that stores it. */
export async function storeSecret(bench: Bench, clientSecret = CLIENT_SECRET): Promise<void> {
  bench.files.set('secret.json', Buffer.from(JSON.stringify({ clientSecret })));
  await bench.linked('The client secret', 'docs/guides/deploying.md').run(STORE);
}

/** The step "rotate one now". */
export function rotateNow(bench: Bench, connection: string, code = 0): Promise<string> {
  return bench.procedure('Rotate one now.').run('npx adobe-token-vault rotate', { connection, code });
}

/**
 * Passes time until the alarm fires, and stops there. The reconciler runs with each census, every six hours, or every hour
 * for an alarm on several hours in a row.
 */
export async function passUntilFiring(
  bench: Bench,
  id: string,
  maxDays: number,
  reconciler: 'with-each-census' | 'hourly' = 'with-each-census',
): Promise<void> {
  const fired = new AbortController();
  const { signal } = fired;
  const onTick = (): void => {
    if (bench.stateOf(id) === 'ALARM') fired.abort();
  };
  const pass = async (hours: number, recurringEveryMs: number): Promise<void> => {
    if (signal.aborted || hours === 0) return;
    await bench.stack.time
      .advanceBy(hours * HOUR_MS, { onTick, signal, recurringEveryMs })
      .catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
  };
  for (let censuses = 0; censuses < 4 * maxDays && !signal.aborted; censuses += 1) {
    const hour = bench.world.clock.nowMs() / HOUR_MS;
    await pass(6 - (hour % 6), reconciler === 'hourly' ? 0 : 24 * HOUR_MS);
    await pass(1, 0);
  }
}

interface Statement {
  readonly Sid?: string;
  readonly Resource: string | readonly string[];
}

/** Takes `rotate` out of what Scheduler may invoke. The answer puts it back. */
export function withholdRotate(bench: Bench): () => void {
  const role = bench.stack.iam.role(bench.variables.SCHEDULE_ROLE_ARN ?? '');
  const { policies } = role;
  const reduced = (statement: Statement): Statement =>
    statement.Sid === 'RunDue'
      ? { ...statement, Resource: [statement.Resource].flat().filter((arn) => !arn.includes('-rotate')) }
      : statement;
  role.policies = policies.map((policy) => {
    const document = policy.document as { readonly Statement: readonly Statement[] };
    return { ...policy, document: { ...document, Statement: document.Statement.map(reduced) } };
  });
  return () => {
    role.policies = policies;
  };
}

export async function purgeDeadLetters(bench: Bench): Promise<void> {
  const section = bench.runbook('dead-letters');
  const url = await section.run('aws sqs get-queue-url');
  await section.run('aws sqs purge-queue', { values: { url } });
}
