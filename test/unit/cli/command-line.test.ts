import { describe, expect, it } from 'vitest';
import { confirm } from '../../../functions/cli/confirm.ts';
import { explainError } from '../../../functions/cli/explain-error.ts';
import { createOutput } from '../../../functions/cli/output.ts';
import { formatFacts, formatTable } from '../../../functions/cli/table.ts';
import { AccessDeniedError, TemporarilyUnavailableError } from '../../../functions/client/vault-error.ts';
import { PlatformFault } from '../../../functions/core/domain/platform-fault.ts';
import { runCommand } from '../../support/cli/run-command.ts';

describe('A command line', () => {
  it.each([
    ['an unknown command', ['frobnicate']],
    ['an unknown option', ['list', '--frobnicate']],
    ['a missing argument', ['show']],
    ['one argument too many', ['show', 'a', 'b']],
    ['a number that is none', ['list', '--limit', 'many']],
    ['a missing table', ['restore']],
    ['an endpoint that is no URL', ['list', '--endpoint', 'here']],
    ['an endpoint without TLS elsewhere', ['list', '--endpoint', 'http://aws.example']],
    ['no page to come back to', ['connect', 'a', '--url', 'https://vault.example', '--region', 'eu-west-1']],
  ])('with %s ends with 2, and nothing is asked of anybody', async (_, argv) => {
    const { code, stdout, stderr } = await runCommand(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toBe('');
  });

  it('prints its help, and all is well', async () => {
    const { code, stdout, stderr } = await runCommand(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('adobe-token-vault');
  });

  it('prints one document for scripts, also when it fails', async () => {
    const { code, document, stderr } = await runCommand(['list', '--endpoint', 'here', '--json']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    expect(document).toEqual({ error: { code: 'usage', message: expect.stringContaining('--endpoint') } });
  });

  it('is a connection id’s own guard: nothing is sent for what is none', async () => {
    const at = ['--url', 'https://vault.example', '--region', 'eu-west-1', '--json'];
    expect(await runCommand(['show', '../list', ...at])).toMatchObject({
      code: 2,
      document: { error: { code: 'invalid_request' } },
    });
    expect((await runCommand(['rotate', 'a/b', ...at])).code).toBe(2);
  });
});

describe('A table', () => {
  it('has columns as wide as their widest cell, and no white space at the end', () => {
    expect(
      formatTable(
        ['id', 'state'],
        [
          ['acme.user-42', 'active'],
          ['b', 'suspect'],
        ],
      ),
    ).toBe('ID            STATE\nacme.user-42  active\nb             suspect');
    expect(formatFacts({ state: 'active', reason: undefined, 'grant ends': 'soon' })).toBe(
      'state       active\ngrant ends  soon',
    );
  });

  it('lets no answer move the cursor or colour the terminal', () => {
    expect(formatFacts({ state: 'active\u001b[2J\r\nfine' })).toBe('state  active?[2J??fine');
  });

  it('is no way round it: sentences are printed line by line as harmlessly', () => {
    const printed = { out: '', err: '' };
    const world = {
      stdout: (text: string) => {
        printed.out += text;
      },
      stderr: (text: string) => {
        printed.err += text;
      },
    };
    const output = createOutput(world, false);
    output.result({}, 'one \u001b]52;c;x\u0007\ntwo');
    output.progress('three \u009b2J');
    expect(printed).toEqual({ out: 'one ?]52;c;x?\ntwo\n', err: 'three ?2J\n' });
  });
});

describe('A confirmation', () => {
  const question = { sentence: 'It will be gone.', word: 'acme.user-42' };
  const typing = (answer: string) => ({ interactive: true, ask: async () => answer });

  it('is the word itself, or --yes', async () => {
    await confirm(typing(' acme.user-42 '), { ...question, yes: false });
    await confirm({ interactive: false, ask: async () => '' }, { ...question, yes: true });
  });

  it.each(['', 'y', 'yes', 'acme.user-4'])('is not %j', async (answer) => {
    await expect(confirm(typing(answer), { ...question, yes: false })).rejects.toMatchObject({ exitCode: 2 });
  });

  it('is asked of nobody where nobody is', async () => {
    const alone = { interactive: false, ask: async () => question.word };
    await expect(confirm(alone, { ...question, yes: false })).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('An error', () => {
  const awsError = (name: string, message: string) =>
    Object.assign(new Error(message), { name, $metadata: {}, $fault: 'client' });

  it.each([
    [new AccessDeniedError('Forbidden.'), 3],
    [new TemporarilyUnavailableError('Later.'), 4],
    [new PlatformFault('ACCESS_DENIED', 'No.'), 3],
    [new PlatformFault('STORE_UNAVAILABLE', 'No.'), 4],
    [awsError('AccessDeniedException', 'User: x is not authorized'), 3],
    [awsError('ThrottlingException', 'Rate exceeded'), 4],
    [Object.assign(new Error('x'), { name: 'CredentialsProviderError' }), 3],
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 4],
  ])('is explained with what to do: %s', (error, exitCode) => {
    expect(explainError(error)).toMatchObject({ exitCode, remedy: expect.any(String) });
  });

  it('that nobody expected is not explained away', () => {
    expect(explainError(new TypeError('x is not a function'))).toBeUndefined();
  });
});
