import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { documentedProgram } from '../../support/cli/documented-program.ts';
import { byQuery, kebabCase, parseAwsCommand, sdkCommand } from '../../support/runbooks/aws-cli.ts';
import { fromJson, printable, shapeOf } from '../../support/runbooks/aws-shapes.ts';
import { commandsIn, readPage } from '../../support/runbooks/runbook-page.ts';
import { shellCommand } from '../../support/runbooks/shell-words.ts';

const GUIDES = readdirSync(fileURLToPath(new URL('../../../docs/guides', import.meta.url)));
const PAGES = [
  'README.md',
  'docs/operations.md',
  'docs/privacy.md',
  ...GUIDES.map((name) => `docs/guides/${name}`),
];

const commands = PAGES.flatMap((page) => commandsIn(readPage(page)).map((command) => ({ page, command })));

/** Names of commands that the text mentions without giving them whole. */
const isWhole = (command: string): boolean => command.split(/\s+/).length > 3;

const awsCommands = commands
  .filter(({ command }) => command.startsWith('aws ') && isWhole(command))
  // A placeholder is one word.
  .map(({ page, command }) => [page, command.replaceAll(/<[^<>]+>/g, 'x')] as const);

const CLI_OPTIONS: ReadonlySet<string> = new Set(['package', 'deploy']);

describe('Every aws command of the pages', () => {
  it('is found', () => {
    expect(awsCommands.length).toBeGreaterThan(40);
  });

  it.each(awsCommands)('%s: %s', async (_, command) => {
    const operation = parseAwsCommand(command);
    if (operation.service === 'sqs') return;
    // These two exist in the program alone.
    if (operation.service === 'cloudformation' && CLI_OPTIONS.has(operation.operation)) return;
    if (operation.operation.startsWith('wait ')) return;
    const { input } = await sdkCommand(operation, () => Buffer.from('{"x":{"S":"y"}}'));
    expect(Object.keys(input).length).toBe(operation.options.size);
  });

  it('that runs a job of the vault waits for its answer', () => {
    const invocations = commands.filter(
      ({ command }) => command.startsWith('aws lambda invoke') && command.includes('-reconcile'),
    );
    expect(invocations.length).toBeGreaterThan(0);
    for (const { command } of invocations) expect(command).toContain('--cli-read-timeout 0');
  });
});

describe('Every command of npx adobe-token-vault on the pages', () => {
  const program = documentedProgram();
  const known = new Map(program.commands.map((command) => [command.name(), command]));
  const global = program.options.map(({ long }) => long);
  const ours = commands.filter(({ command }) => command.startsWith('npx adobe-token-vault '));

  it('exists, with its options', () => {
    expect(ours.length).toBeGreaterThan(15);
    for (const { page, command } of ours) {
      const [name = '', ...words] = shellCommand(command.replaceAll(/<[^<>]+>/g, 'x')).words.slice(2);
      const found = known.get(name);
      expect(found, `${page}: ${command}`).toBeDefined();
      const options = [...(found?.options ?? []).map(({ long }) => long), ...global];
      for (const word of words.filter((each) => each.startsWith('--'))) {
        expect(options, `${page}: ${command}`).toContain(word);
      }
    }
  });
});

describe('The reader of aws commands', () => {
  it('takes options, options of the program, a file for the answer and a redirection', () => {
    expect(
      parseAwsCommand(
        'aws lambda invoke --function-name f --payload \'{"a": 1}\' --cli-read-timeout 0 out.json',
      ),
    ).toMatchObject({
      service: 'lambda',
      operation: 'invoke',
      options: new Map([
        ['function-name', ['f']],
        ['payload', ['{"a": 1}']],
      ]),
      positional: ['out.json'],
    });
    expect(parseAwsCommand('aws dynamodb get-item --table-name t --query Item > item.json').redirectTo).toBe(
      'item.json',
    );
  });

  it('refuses an operation and an option that do not exist', async () => {
    const run = (text: string) => sdkCommand(parseAwsCommand(text), () => Buffer.alloc(0));
    await expect(run('aws kms enable-keys --key-id k')).rejects.toThrow('no operation enable-keys');
    await expect(run('aws kms enable-key --key k')).rejects.toThrow('no option --key');
    await expect(run('aws dynamodb wait-forever')).rejects.toThrow('no operation');
  });

  it('treats bytes as AWS CLI 2 does: base64 in and out, so that an item that was read can be written', async () => {
    const bytes = Buffer.from([0, 1, 250]);
    const item = JSON.stringify(printable({ token: { B: bytes } }));
    const { input } = await sdkCommand(
      parseAwsCommand('aws dynamodb put-item --table-name t --item file://item.json'),
      () => Buffer.from(item),
    );
    expect(input).toEqual({ TableName: 't', Item: { token: { B: bytes } } });
    const raw = await sdkCommand(
      parseAwsCommand("aws lambda invoke --cli-binary-format raw-in-base64-out --payload '{}' /dev/stdout"),
      () => Buffer.alloc(0),
    );
    expect(raw.input).toEqual({ Payload: Buffer.from('{}') });
    const plain = parseAwsCommand("aws lambda invoke --payload '{}' /dev/stdout");
    await expect(sdkCommand(plain, () => Buffer.alloc(0))).rejects.toThrow('Invalid base64');
  });

  it('reads flags, their negation, shorthand, lists and bytes of a file', async () => {
    const input = async (text: string) =>
      (await sdkCommand(parseAwsCommand(text), () => Buffer.from('bytes'))).input;
    expect(await input('aws dynamodb update-table --table-name t --no-deletion-protection-enabled')).toEqual({
      TableName: 't',
      DeletionProtectionEnabled: false,
    });
    expect(await input('aws kms decrypt --ciphertext-blob fileb://x --encryption-context a=b,c=d')).toEqual({
      CiphertextBlob: Buffer.from('bytes'),
      EncryptionContext: { a: 'b', c: 'd' },
    });
    expect(await input('aws cloudwatch describe-alarms --alarm-names one two --max-records 5')).toEqual({
      AlarmNames: ['one', 'two'],
      MaxRecords: 5,
    });
  });

  it('reads the queries of the pages', () => {
    const value = { Item: { a: 1 }, Versions: [{ Version: '1', LastModified: 'x' }] };
    expect(byQuery(value, 'Item.a')).toBe(1);
    expect(byQuery(value, 'Versions[].[Version,LastModified]')).toEqual([['1', 'x']]);
    expect(() => byQuery(value, 'Versions[?Version==`1`]')).toThrow('is not read here');
  });

  it('knows members by their option, and rejects one that JSON does not know', () => {
    expect(kebabCase('KMSKeyId')).toBe('kms-key-id');
    const shape = shapeOf([3, 'ns', 'Input', 0, ['Name'], [0]]);
    expect(() => fromJson({ Nome: 'x' }, shape)).toThrow('There is no member Nome');
  });
});
