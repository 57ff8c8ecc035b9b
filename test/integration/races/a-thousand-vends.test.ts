import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { CallSummary } from '../../../local/aws/aws-endpoint.ts';
import { signedFetch } from '../../support/local-stack/signed-fetch.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';

const CALLERS = 1_000;
const WORKERS = 20;
const ROTATORS = 6;
const MOST_TRIES = 20;
const CONNECTION_ID = 'demo.requirement';

interface Vend {
  readonly statuses: readonly number[];
  readonly unexplained: readonly string[];
  readonly accessToken: string | undefined;
  readonly tookMs: number;
}

describe('A thousand concurrent vends of an expired token', () => {
  let world: VaultWorld;
  let directory: string;
  const calls: CallSummary[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'adobe-token-vault-thousand-'));
    const cdkOut = join(directory, 'cdk.out');
    await cp(inject('cdkOut'), cdkOut, { recursive: true });
    await letInAtOnce(join(cdkOut, 'AdobeTokenVault.template.json'));
    world = await startVaultWorld({
      cdkOut,
      stack: {
        maxEnvironments: (name) => (name.endsWith('access-token') ? WORKERS : ROTATORS),
        onCall: (call) => calls.push(call),
      },
    });
    world.clock.scaleSleeps(0.2);
  });
  afterAll(async () => {
    await world.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('cause one POST, and the runs that lose the race do not call KMS', async (context) => {
    await world.connect(CONNECTION_ID, 'alice');
    await world.passDays(2);
    await Promise.all(Array.from({ length: WORKERS }, () => vendOf('demo.absent')));
    expect(world.stack.functions.get('access-token').environments()).toBe(WORKERS);
    const postsBefore = world.ims.ledger.user('alice').tokenPosts.refresh_token;
    calls.length = 0;

    const vends = await Promise.all(Array.from({ length: CALLERS }, () => vendUntilServed()));

    expect(vends.flatMap(({ unexplained }) => unexplained)).toEqual([]);
    expect(new Set(vends.map(({ statuses }) => statuses.at(-1)))).toEqual(new Set([200]));
    expect(new Set(vends.map(({ accessToken }) => accessToken)).size).toBe(1);
    const { tokenPosts, overlappingPosts, doubleSpends } = world.ims.ledger.user('alice');
    expect(tokenPosts.refresh_token - postsBefore).toBe(1);
    expect({ overlappingPosts, doubleSpends }).toEqual({ overlappingPosts: 0, doubleSpends: 0 });

    // Several rotators ran; what they asked of KMS together is what one rotation needs.
    expect(count('lambda', 'Invoke', 'access-token')).toBeGreaterThan(1);
    expect(count('kms', 'Decrypt', 'rotate')).toBe(1);
    expect(count('kms', 'GenerateDataKey', 'rotate')).toBe(2);
    // Each caller that is served opens the one token, once.
    const handled = vends.flatMap(({ statuses }) => statuses).length;
    expect(count('kms', 'Decrypt', 'access-token')).toBeGreaterThan(0);
    expect(count('kms', 'Decrypt', 'access-token')).toBeLessThanOrEqual(handled);
    expect(calls.filter(({ service, status }) => service === 'kms' && status !== 200)).toEqual([]);
    await context.annotate(latencies(vends.map(({ tookMs }) => tookMs)));
  });

  const roleNameOf = (name: string): string =>
    world.stack.iam.role(world.stack.functions.get(name).definition.roleArn).roleName;

  const count = (service: string, operation: string, functionName: string): number => {
    const roleName = roleNameOf(functionName);
    const isMeant = (call: CallSummary): boolean =>
      call.service === service && call.operation === operation && call.roleName === roleName;
    return calls.filter(isMeant).length;
  };

  const vendOf = (connectionId: string): Promise<Response> =>
    signedFetch(`${world.stack.apiUrl}/access-tokens/${connectionId}`, {
      credentials: world.stack.credentialsOf('LightroomReaderRole'),
      nowMs: world.clock.nowMs(),
    });

  /** As a client does: what is not ready now is asked for again. */
  const vendUntilServed = async (): Promise<Vend> => {
    const startedAt = performance.now();
    const statuses: number[] = [];
    const unexplained: string[] = [];
    let accessToken: string | undefined;
    while (accessToken === undefined && statuses.length < MOST_TRIES) {
      const response = await vendOf(CONNECTION_ID).catch(() => undefined);
      // This machine's own limits, not the vault's: a connection that was never accepted.
      statuses.push(response?.status ?? 0);
      if (response === undefined) continue;
      const answer = (await response.json()) as { accessToken?: string; code?: string };
      accessToken = answer.accessToken;
      // API Gateway's own 503, after its own limit, has neither.
      const isOurs = response.status !== 503 || answer.code !== undefined;
      const isExplained = response.status === 200 || response.headers.has('retry-after');
      if (isOurs && !isExplained) unexplained.push(`${response.status} ${JSON.stringify(answer)}`);
    }
    return { statuses, unexplained, accessToken, tookMs: performance.now() - startedAt };
  };
});

/** As the vault's setting `throttling` does, without another synthesis. */
async function letInAtOnce(template: string): Promise<void> {
  const text = await readFile(template, 'utf8');
  const raised = text
    .replace(/"ThrottlingRateLimit": \d+/, `"ThrottlingRateLimit": ${CALLERS}`)
    .replace(/"ThrottlingBurstLimit": \d+/, `"ThrottlingBurstLimit": ${2 * CALLERS}`);
  await writeFile(template, raised);
}

function latencies(tookMs: readonly number[]): string {
  const sorted = tookMs.toSorted((one, other) => one - other);
  const at = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
  return `${sorted.length} vends: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, all cold callers at once`;
}
