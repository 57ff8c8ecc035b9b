import { expect } from 'vitest';
import { writeParkedInput } from '../../../functions/core/rotation/parked-successor.ts';
import { OPERATIONS_PAGE } from '../../../lib/monitoring/alarm-catalogue.ts';
import type { AlarmStateValue } from '../../../local/aws/cloudwatch/metric-alarm.ts';
import { runCommand } from '../../support/cli/run-command.ts';
import { signedFetch } from '../../support/local-stack/signed-fetch.ts';
import { runAwsCommand } from '../../support/runbooks/aws-cli.ts';
import { type PageSection, procedureOf, readPage, sectionOf } from '../../support/runbooks/runbook-page.ts';
import { shellCommand } from '../../support/runbooks/shell-words.ts';
import type { VaultWorld } from '../../support/vault/vault-world.ts';

const VAULT = 'AdobeTokenVault';
const MINUTE_MS = 60_000;
const ADMINISTRATOR = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

/** What stands for a placeholder of the page, such as `<id>`. */
export type Values = Readonly<Record<string, string>>;

export interface RunOptions {
  readonly values?: Values;
  /** The connection that the page's example stands for. */
  readonly connection?: string;
  /** Which one, where several begin alike. */
  readonly containing?: string;
  /** The exit code of the command line. Default 0. */
  readonly code?: number;
}

/** A section of the page, whose commands are run by how they begin. */
export interface Runbook {
  run(beginning: string, options?: RunOptions): Promise<string>;
  /** The log line that the section quotes has been written. */
  logged(quoted: string): void;
  /** Commands of the section that were not run. */
  left(): readonly string[];
}

export type Bench = Awaited<ReturnType<typeof createBench>>;

/** A running vault with an operator at its terminal who has the page open. */
export async function createBench(world: VaultWorld, users: readonly string[]) {
  const { stack } = world;
  const page = readPage(OPERATIONS_PAGE);
  const credentials = stack.iam.addOperator('RunbookOperator', ADMINISTRATOR);
  const files = new Map<string, Buffer>();
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const variables = stack.functions.get('rotate').definition.environment;
  const table = variables.CONNECTIONS_TABLE ?? '';
  await stack.dynamodb.keepHistory(table);
  const known: Values = {
    vault: VAULT,
    Connections: table,
    DeadLetters: variables.DEAD_LETTER_QUEUE_ARN?.split(':').at(-1) ?? '',
    ClientSecretName: stack.outputs[VAULT]?.ClientSecretName ?? '',
  };

  const aws = (command: string): Promise<string> =>
    runAwsCommand(command, {
      config: {
        endpoint: stack.awsEndpointUrl,
        region: stack.iam.directory.region,
        credentials,
        systemClockOffset: world.clock.nowMs() - Date.now(),
        maxAttempts: 1,
      },
      files,
      sleep,
    });

  const cli = async (command: string, code = 0): Promise<string> => {
    const { words } = shellCommand(command);
    const argv = [...words.slice(2), '--endpoint', stack.awsEndpointUrl];
    const ending = await runCommand(argv, {
      credentials: async () => credentials,
      fetch,
      nowMs: () => world.clock.nowMs(),
      sleep,
    });
    expect(ending.code, `${command}: ${ending.stdout}${ending.stderr}`).toBe(code);
    return ending.stdout;
  };

  const execute = (printed: string, { values = {}, connection, code }: RunOptions): Promise<string> => {
    const meant = { ...known, ...values };
    const filled = printed
      .replaceAll(/<([^<>]+)>/g, (placeholder, name: string) => meant[name] ?? placeholder)
      .replaceAll('acme.user-42', connection ?? 'acme.user-42');
    expect(filled, 'every placeholder has a value').not.toMatch(/<[^<>]+>/);
    return filled.startsWith('aws ') ? aws(filled) : cli(filled, code);
  };

  const runbookOf = ({ text, commands }: PageSection): Runbook => {
    const left = new Set(commands);
    return {
      run(beginning, options = {}) {
        const { containing = '' } = options;
        const printed = commands.find(
          (command) => command.startsWith(beginning) && command.includes(containing),
        );
        if (printed === undefined) throw new Error(`The page prints no "${beginning}".`);
        left.delete(printed);
        return execute(printed, options);
      },
      logged(quoted) {
        expect(text.replaceAll(/\s+/g, ' '), 'the section quotes the line').toContain(`"${quoted}"`);
        expect(stack.logs.search({ contains: quoted }), quoted).not.toEqual([]);
      },
      left: () => [...left],
    };
  };

  const stateOf = (id: string): AlarmStateValue | undefined =>
    stack.alarms.now().find(({ alarm }) => alarm.alarmName === `${VAULT}-${id}`)?.state;

  const itemOf = async (connectionId: string) => {
    const item = (await stack.dynamodb.items(table)).find((each) => each.connectionId?.S === connectionId);
    if (!item) throw new Error(`There is no connection ${connectionId}.`);
    return item;
  };
  let beforeDamage = '';

  return {
    world,
    stack,
    files,
    variables,
    /** Any command of aws, for what an operator or an attacker does outside the page. */
    aws,
    clientSecretName: known.ClientSecretName ?? '',
    /** As a caller without table and key reads a token. */
    readOverHttp: (connectionId: string) =>
      signedFetch(`${stack.apiUrl}/access-tokens/${connectionId}`, {
        credentials: stack.credentialsOf('LightroomReaderRole'),
        nowMs: world.clock.nowMs(),
      }),
    connections: users.map((user) => `demo.${user}`),
    /** The input of a schedule that parks one connection's token as another's. */
    async parkedInput(connectionId: string, sealedFor: string): Promise<unknown> {
      const [own, other] = await Promise.all([itemOf(connectionId), itemOf(sealedFor)]);
      const { sealed } = (other.refresh as { M: { sealed: { B: string } } }).M;
      const nowMs = world.clock.nowMs();
      const planted = {
        connectionId,
        generation: String(own.generation?.S),
        version: Number(own.version?.N),
        sealed: Buffer.from(sealed.B, 'base64'),
        commitId: 'planted',
        parkedAtMs: nowMs,
        refreshExpiresAtMs: nowMs + 14 * 24 * 60 * MINUTE_MS,
        sliding: 'yes',
      } as const;
      return JSON.parse(writeParkedInput(planted));
    },
    /** Changes the last byte of every sealed refresh token of a row. */
    async breakSeal(connectionId: string): Promise<void> {
      beforeDamage = new Date(world.clock.nowMs()).toISOString();
      await stack.time.advanceBy(MINUTE_MS);
      const text = JSON.stringify(await itemOf(connectionId));
      const broken = text.replaceAll(/"sealed":\{"B":"([^"]+)"/g, (_, sealed: string) => {
        const bytes = Buffer.from(sealed, 'base64');
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
        return `"sealed":{"B":"${bytes.toString('base64')}"`;
      });
      files.set('broken.json', Buffer.from(broken));
      await aws(`aws dynamodb put-item --table-name ${table} --item file://broken.json`);
    },
    momentBeforeDamage: () => beforeDamage,
    async consentAgain(): Promise<void> {
      for (const user of users) await world.connect(`demo.${user}`, user, { replace: true });
    },
    runbook: (id: string) => runbookOf(sectionOf(page, id)),
    /** Another section or page that a step links to. */
    linked: (heading: string, path = OPERATIONS_PAGE) => runbookOf(sectionOf(readPage(path), heading)),
    /** A paragraph of "Looking closer" that a step links to. */
    procedure: (name: string) => runbookOf(procedureOf(page, name)),
    stateOf,
    firing: () =>
      stack.alarms
        .now()
        .filter(({ state }) => state === 'ALARM')
        .map(({ alarm }) => alarm.alarmName.slice(VAULT.length + 1)),
    passMinutes: (minutes: number) => stack.time.advanceBy(minutes * MINUTE_MS),
    passHours: (hours: number) => stack.time.advanceBy(hours * 60 * MINUTE_MS),
    rotate: async (connectionId: string) =>
      (await stack.invoke('rotate:live', { connectionId, trigger: 'operator' })).payload as {
        readonly outcome?: string;
        readonly reason?: string;
      },
  };
}
