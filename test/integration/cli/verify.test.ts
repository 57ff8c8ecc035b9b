import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { STEP_NAMES, type StepName, type VerifiedStep } from '../../../cli/verify/verification.ts';
import type { AlarmState } from '../../../local/aws/cloudwatch/alarm-states.ts';
import { createHttpBrowser } from '../../../local/demo/browser/http-browser.ts';
import { createVerifyWorld, signIn } from '../../support/cli/verify-world.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';
import { withoutStatement } from '../../support/vault/withdraw-permission.ts';

const VAULT = 'AdobeTokenVault';
const HOUR_MS = 3_600_000;

/** Does damage, and answers how to undo it. */
type Plant = (world: VaultWorld) => () => unknown;

/** These steps need no connection. */
const OF_THE_ACCOUNT: readonly StepName[] = [
  'doctor',
  'quotas',
  'log-groups',
  'alarm-topic',
  'reconciler',
  'alarms',
];

const PLANTED_IN_THE_ACCOUNT: readonly (readonly [fault: string, step: StepName, plant: Plant])[] = [
  ['a client secret without a value', 'doctor', secretIsEmpty],
  ['few concurrent executions', 'quotas', concurrencyIsLow],
  ['a quota of few schedules', 'quotas', schedulesAreFew],
  ['a log group whose lines never expire', 'log-groups', logsNeverExpire],
  ['a log group that was deleted', 'log-groups', logGroupIsGone],
  ['a topic without a subscriber', 'alarm-topic', topicHasNoSubscriber],
  ['a reconciler that fails', 'reconciler', (world) => lacks(world, 'reconcile', 'OverdueConnections')],
  ['an alarm that was deleted', 'alarms', (world) => alarmsAre(world, ([, ...others]) => others)],
  ['an alarm that fires', 'alarms', (world) => alarmsAre(world, firstFires)],
  ['an alarm that notifies no topic', 'alarms', (world) => alarmsAre(world, firstIsSilent)],
];

/** One at a time would be one walk for each. None of them hides another. */
const PLANTED_ON_THE_WALK: readonly (readonly [step: StepName, plant: Plant])[] = [
  ['rotation', refreshIsRefused],
  ['disconnect', revocationFails],
  ['logged-secrets', tokenIsLogged],
  ['permissions', (world) => lacks(world, 'consents', 'PublishEvents')],
];

const outcomes = (steps: readonly VerifiedStep[], outcome: VerifiedStep['outcome']) =>
  steps.filter((step) => step.outcome === outcome).map(({ step }) => step);

describe('adobe-token-vault verify', () => {
  let world: VaultWorld;
  let verifying: ReturnType<typeof createVerifyWorld>;
  let returnUrl: string;
  beforeAll(async () => {
    world = await startVaultWorld({ cdkOut: inject('cdkOut') });
    returnUrl = await addReturnUrl(world);
    verifying = createVerifyWorld(world);
    await world.connect('demo.present', 'bob');
    world.ims.profile({ authorize: { automatic: { user: 'alice', decision: 'approve' } } });
    await world.stack.time.advanceBy(1.1 * HOUR_MS);
  });
  afterAll(() => world.stop());

  const active = async () =>
    (await connections()).filter(([, state]) => state === 'active').map(([connectionId]) => connectionId);
  const connections = async () =>
    (await world.itemsOf('CONNECTIONS_TABLE')).map(({ connectionId, state }) => [connectionId?.S, state?.S]);

  it('sees every step hold on a healthy vault, with the permissions that it names, and ends its connection', async () => {
    const { code, ending, printed } = await verifying.verify({ argv: ['--refused-profile', 'reader'] });
    const lines = ending.stdout.split('\n').filter((line) => line !== '');
    expect(lines.at(-1)).toBe(`All ${STEP_NAMES.length} steps were seen to hold.`);
    expect(lines.slice(0, -1).map((line) => line.split(/ +/).slice(0, 2))).toEqual(
      STEP_NAMES.map((name) => ['held', name]),
    );
    expect(code).toBe(0);
    const isVerifier = (principal: object) => 'roleName' in principal && principal.roleName === 'Verifier';
    expect(world.stack.iam.denied().filter(({ principal }) => isVerifier(principal))).toEqual([]);
    expect(await connections()).toEqual(
      expect.arrayContaining([
        ['demo.present', 'active'],
        [expect.stringMatching(/^deployment-check\.[0-9a-f]{24}$/), 'disconnected'],
      ]),
    );
    expect(masked(printed)).toBe(await quoted('verify while it waits'));
    expect(masked(ending.stdout)).toBe(await quoted('verify'));
  });

  it('prints what the page of the first deployment quotes', async () => {
    const names = Object.keys(world.stack.outputs[VAULT] ?? {}).filter((name) => !name.startsWith('Exports'));
    const outputs = names.sort().map((name) => `${VAULT}.${name} = <value>`);
    expect(outputs).toEqual((await quoted('cdk deploy')).split('\n'));
    const doctor = masked((await verifying.command('doctor')).stdout).split('\n');
    expect(doctor).toEqual(expect.arrayContaining((await quoted('doctor')).split('\n')));
    const undo = topicHasNoSubscriber(world);
    const { ending } = await verifying.verify({ argv: [], only: ['alarm-topic'] });
    undo();
    expect(masked(ending.stdout)).toContain(await quoted('verify without a subscriber'));
  });

  it.each(PLANTED_IN_THE_ACCOUNT)('finds %s, and says so in that step alone', async (_, step, plant) => {
    const undo = plant(world);
    const { code, steps } = await verifying.verify({ only: OF_THE_ACCOUNT });
    await undo();
    expect(outcomes(steps(), 'failed')).toEqual([step]);
    expect(outcomes(steps(), 'held')).toEqual(OF_THE_ACCOUNT.filter((name) => name !== step));
    expect(steps().find((result) => result.step === step)).toHaveProperty('remedy', expect.any(String));
    expect(code).toBe(1);
  });

  it('stops the walk where it breaks, and ends the connection all the same', async () => {
    const { steps } = await verifying.verify({
      only: [...UNTIL_CONNECTED, 'vend', 'direct-read', 'disconnect'],
      fetch: async (url, init) => {
        const isUserinfo = String(url).includes('/userinfo');
        return isUserinfo ? new Response(null, { status: 401 }) : fetch(url, init);
      },
    });
    expect(outcomes(steps(), 'failed')).toEqual(['vend']);
    expect(steps().find(({ step }) => step === 'vend')?.seen).toContain('Adobe does not accept');
    expect(outcomes(steps(), 'held')).toEqual([...UNTIL_CONNECTED, 'disconnect']);
    expect(steps()).toContainEqual(
      expect.objectContaining({
        step: 'direct-read',
        outcome: 'not-run',
        seen: 'The step vend did not hold.',
      }),
    );
  });

  it('sends no operator to a sign-in page that fails', async () => {
    const undo = lacks(world, 'authorize', 'Ephemeral');
    const browser = vi.fn(async () => undefined);
    const { steps } = await verifying.verify({ only: UNTIL_CONNECTED, browser });
    undo();
    expect(outcomes(steps(), 'failed')).toEqual(['sign-in-page']);
    expect(browser).not.toHaveBeenCalled();
  });

  it('says how a sign-in ended that connected nothing', async () => {
    const callback = async (run: Parameters<typeof verifying.verify>[0]) => {
      const { steps, ending } = await verifying.verify({ only: UNTIL_CONNECTED, ...run });
      const { outcome, seen } = steps().find(({ step }) => step === 'callback') ?? {};
      return { outcome, seen, cleanUp: ending.document.cleanUp };
    };
    const cleanUp = 'nothing-left';
    const never = () => new Promise<undefined>(() => undefined);
    expect(await callback({ operator: never, timePasses: true })).toEqual({
      outcome: 'failed',
      seen: 'No browser came back in time.',
      cleanUp,
    });
    expect(await callback({ operator: async () => undefined })).toMatchObject({
      outcome: 'not-run',
      cleanUp,
    });
    expect(
      await callback({ operator: async () => 'https://elsewhere.example/?connection_code=x' }),
    ).toMatchObject({
      outcome: 'not-run',
      cleanUp,
    });
    expect(await callback({ atTerminal: false })).toMatchObject({ outcome: 'not-run', cleanUp });
    world.ims.profile({ authorize: { automatic: { user: 'alice', decision: 'deny' } } });
    expect(await callback({})).toEqual({
      outcome: 'failed',
      seen: 'The browser came back with the error declined.',
      cleanUp,
    });
    world.ims.profile({ authorize: { automatic: { user: 'alice', decision: 'approve' } } });
  });

  it('listens at a return URL of this machine, also without a terminal', async () => {
    const answered: string[] = [];
    const { code, steps, ending } = await verifying.verify({
      argv: ['--json', '--return-to', returnUrl],
      only: UNTIL_CONNECTED,
      atTerminal: false,
      browser: async (link) => {
        // Another page of this machine must not end the wait.
        answered.push(await (await fetch(`${returnUrl}?connection_code=x&app_state=another`)).text());
        answered.push((await createHttpBrowser().open(link)).body);
      },
    });
    expect(answered).toEqual([
      'This is not the address of the present sign-in.',
      'Signed in. Go back to the terminal.',
    ]);
    expect(outcomes(steps(), 'held')).toEqual(UNTIL_CONNECTED);
    expect({ code, cleanUp: ending.document.cleanUp }).toEqual({ code: 1, cleanUp: 'disconnected' });
    expect(await active()).toEqual(['demo.present']);
  });

  it.each([
    ['before the code is redeemed', async (): Promise<undefined> => undefined],
    ['after it', signIn],
  ])('ends what it connected when the operator leaves %s', async (_, answer) => {
    const { code, steps } = await verifying.verify({
      operator: async (link) => {
        const arrived = await signIn(link);
        verifying.leave();
        return (await answer(link)) === undefined ? undefined : arrived;
      },
    });
    expect(outcomes(steps(), 'not-run')).toEqual(expect.arrayContaining(['vend', 'rotation', 'disconnect']));
    expect(code).toBe(1);
    expect(await active()).toEqual(['demo.present']);
  });

  it('cleans up at a real Ctrl-C, before the process ends', async () => {
    const { accessKeyId, secretAccessKey } = verifying.credentials;
    const options = ['--json', '--endpoint', world.stack.awsEndpointUrl, '--return-to', returnUrl];
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', 'bin/adobe-token-vault.ts', 'verify', ...options],
      {
        cwd: ROOT,
        env: { ...process.env, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
      },
    );
    const ended = once(child, 'exit');
    const document = text(child.stdout);
    const invited = new Promise<void>((resolve) => {
      child.stderr.on('data', (printed) => {
        if (/\/authorize\?/.test(String(printed))) resolve();
      });
    });
    await Promise.race([invited, ended]);
    child.kill('SIGINT');
    expect(await ended).toEqual([1, null]);
    const { steps, cleanUp } = JSON.parse(await document) as { steps: VerifiedStep[]; cleanUp: string };
    expect(steps.find(({ step }) => step === 'callback')?.seen).toBe('You left during the sign-in.');
    expect(cleanUp).toBe('nothing-left');
  });

  it('names the connection that it could not end', async () => {
    const { code, ending, printed } = await verifying.verify({
      only: UNTIL_CONNECTED,
      without: ['Disconnect'],
    });
    const { connectionId } = ending.document as { connectionId: string };
    expect(printed).toContain(`\`adobe-token-vault disconnect ${connectionId}\``);
    expect({ code, cleanUp: ending.document.cleanUp }).toEqual({ code: 1, cleanUp: 'left-behind' });
    expect((await verifying.command('disconnect', connectionId, '--yes')).code).toBe(0);
    expect(await active()).toEqual(['demo.present']);
  });

  it('reports a step that it has no permission for as unknown, not as held', async () => {
    const { code, steps } = await verifying.verify({
      without: ['ReadTokens', 'RunReconciler', 'ReadLogs', 'CountSubscribers', 'LookAtTheAccount'],
    });
    expect(outcomes(steps(), 'unknown')).toEqual([
      'quotas',
      'log-groups',
      'alarm-topic',
      'reconciler',
      'direct-read',
      'logged-secrets',
      'permissions',
      'alarms',
    ]);
    expect(outcomes(steps(), 'held')).toHaveLength(STEP_NAMES.length - 8);
    expect(code).toBe(3);
  });

  it('says that nothing was revoked where the operator has another connection', async () => {
    await world.connect('demo.other', 'alice');
    const { steps } = await verifying.verify({ only: [...UNTIL_CONNECTED, 'vend', 'disconnect'] });
    await world.api.disconnect('demo.other');
    expect(outcomes(steps(), 'failed')).toEqual(['disconnect']);
    expect(steps().find(({ step }) => step === 'disconnect')?.seen).toContain('Adobe still accepts');
  });

  // Last, because its faults open a breaker.
  it('finds each fault on the walk in its own step', async () => {
    const undo = PLANTED_ON_THE_WALK.map(([, plant]) => plant(world));
    const { code, ending, steps } = await verifying.verify({
      argv: ['--json', '--refused-profile', 'admin'],
    });
    for (const back of undo) await back();
    expect(outcomes(steps(), 'failed')).toEqual(
      STEP_NAMES.filter((name) => name === 'refusal' || PLANTED_ON_THE_WALK.some(([step]) => step === name)),
    );
    expect(outcomes(steps(), 'not-run')).toEqual([]);
    expect(code).toBe(1);
    expect(ending.stdout).not.toMatch(/eyJ|connection_code/);
  });
});

/** The steps up to the connection, which the run then has to clean up. */
const UNTIL_CONNECTED: readonly StepName[] = ['doctor', 'sign-in-page', 'callback'];

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PAGE = join(ROOT, 'docs/guides/deploying.md');

/** A block of the page, by the comment before it. It stands in a list. */
async function quoted(marker: string): Promise<string> {
  const page = await readFile(PAGE, 'utf8');
  const [, block] = page.split(`<!-- printed by ${marker} -->\n   \`\`\`text\n`);
  if (block === undefined) throw new Error(`The page quotes nothing printed by ${marker}.`);
  const lines = (block.split('\n   ```')[0] ?? '').split('\n');
  return lines.map((line) => line.replace(/^ {3}/, '')).join('\n');
}

const MASKS: readonly (readonly [value: RegExp, placeholder: string])[] = [
  [/http:\/\/127\\?\.0\\?\.0\\?\.1:\d+/g, '<url>'],
  [/127\.0\.0\.1:\d+/g, '<host>'],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>'],
  [/deployment-check\.[0-9a-f]{24}/g, '<connection>'],
  [/(?<=session=)[\w-]+/g, '<session>'],
  [/arn:aws:sns:\S+/g, '<topic>'],
  [/us-east-1/g, '<region>'],
  [/\d+(?= (?:alarms|lines|log groups) )/g, '<number>'],
];

/** What differs between two runs, or two vaults, as the page writes it. */
function masked(printed: string): string {
  return MASKS.reduce((text, [value, placeholder]) => text.replaceAll(value, placeholder), printed.trim());
}

const roleOf = ({ stack }: VaultWorld, name: string) =>
  stack.iam.role(stack.functions.get(`${VAULT}-${name}`).definition.roleArn);

const lacks = (world: VaultWorld, name: string, sid: string) => withoutStatement(roleOf(world, name), sid);

/** A free address of this machine, which all functions of the sign-in know. */
async function addReturnUrl({ stack }: VaultWorld): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  const url = `http://127.0.0.1:${port}/verified`;
  for (const name of ['authorize', 'callback', 'consents']) {
    const { environment } = stack.functions.get(`${VAULT}-${name}`).definition;
    environment.RETURN_URLS = JSON.stringify([...JSON.parse(environment.RETURN_URLS ?? '[]'), url]);
  }
  return url;
}

function secretIsEmpty(world: VaultWorld): () => void {
  world.stack.secrets.put(world.stack.outputs[VAULT]?.ClientSecretName ?? '', '');
  return () => world.fillClientSecret();
}

function concurrencyIsLow({ stack: { account } }: VaultWorld): () => void {
  const before = account.concurrency;
  account.concurrency = { limit: 10, unreserved: 10 };
  return () => {
    account.concurrency = before;
  };
}

function schedulesAreFew({ stack: { account } }: VaultWorld): () => void {
  const before = account.quotas.get('scheduler') ?? {};
  account.quotas.set('scheduler', { ...before, 'Number of schedules': 1_000 });
  return () => account.quotas.set('scheduler', before);
}

function aLogGroup({ stack: { logGroups } }: VaultWorld) {
  const [name = '', group = { name: '' }] = [...logGroups].find(([each]) => each.includes('Rotate')) ?? [];
  return { logGroups, name, group };
}

function logsNeverExpire(world: VaultWorld): () => void {
  const { logGroups, name, group } = aLogGroup(world);
  logGroups.set(name, { name });
  return () => logGroups.set(name, group);
}

function logGroupIsGone(world: VaultWorld): () => void {
  const { logGroups, name, group } = aLogGroup(world);
  logGroups.delete(name);
  return () => logGroups.set(name, group);
}

function topicHasNoSubscriber({ stack: { account, outputs } }: VaultWorld): () => void {
  const topic = outputs[VAULT]?.AlarmTopicArn ?? '';
  account.subscriptions.set(topic, ['PendingConfirmation']);
  return () => account.subscriptions.delete(topic);
}

function alarmsAre(
  { stack: { alarms } }: VaultWorld,
  change: (states: readonly AlarmState[]) => readonly AlarmState[],
): () => void {
  const now = alarms.now.bind(alarms);
  const spy = vi.spyOn(alarms, 'now').mockImplementation(() => change(now()));
  return () => spy.mockRestore();
}

const firstFires = ([first, ...others]: readonly AlarmState[]): readonly AlarmState[] =>
  first === undefined ? [] : [{ ...first, state: 'ALARM' }, ...others];

const firstIsSilent = ([first, ...others]: readonly AlarmState[]): readonly AlarmState[] =>
  first === undefined ? [] : [{ ...first, alarm: { ...first.alarm, actions: [] } }, ...others];

function refreshIsRefused({ ims }: VaultWorld): () => void {
  const refusal = { kind: 'error', status: 400, body: { error: 'invalid_grant' } } as const;
  return ims.faults.always(refusal, { grantType: 'refresh_token', user: 'alice' });
}

function revocationFails({ ims }: VaultWorld): () => void {
  return ims.faults.always({ kind: 'unavailable' }, { endpoint: 'revoke' });
}

function tokenIsLogged({ stack: { logs, clock } }: VaultWorld): () => void {
  const token = 'eyJhbGciOiJSUzI1NiJ9eyJhbGciOiJSUzI1NiJ9.eyJpZCI6IjEyMyJ9.c2lnbmF0dXJl';
  const line = { functionName: `${VAULT}-rotate`, requestId: undefined, stream: 'stdout' } as const;
  const stop = logs.onLine(({ functionName }) => {
    stop();
    if (functionName !== '') logs.write({ ...line, atMs: clock.nowMs(), text: `received ${token}` });
  });
  return stop;
}
