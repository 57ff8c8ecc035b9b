import { describe, expect, it } from 'vitest';
import { explainError } from '../../../cli/explain-error.ts';
import { createOutput, formatFacts, formatTable } from '../../../cli/output.ts';
import { confirm } from '../../../cli/user-input.ts';
import { AccessDeniedError, TemporarilyUnavailableError } from '../../../client/vault-error.ts';
import { PlatformError } from '../../../functions/core/platform-error.ts';
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
  ])('with %s ends with 2 and sends no request', async (_, argv) => {
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

  it.each([
    ['an unknown command', ['frobnicate'], 'unknown command'],
    ['an unknown option', ['list', '--frobnicate'], '--frobnicate'],
    ['a missing argument', ['show'], 'connection'],
    ['a number that is none', ['list', '--limit', 'many'], '--limit'],
    ['no command', [], 'command'],
  ])('prints one document for scripts with %s, and text for operators', async (_, argv, word) => {
    const { code, document, stderr } = await runCommand([...argv, '--json']);
    expect(code).toBe(2);
    expect(document).toEqual({ error: { code: 'usage', message: expect.stringContaining(word) } });
    expect(JSON.stringify(document)).not.toMatch(/"error: |outputHelp/);
    expect(stderr).toContain(word);
  });

  it('prints its help also for scripts, and no document of an error', async () => {
    const { code, stdout } = await runCommand(['--help', '--json']);
    expect(code).toBe(0);
    expect(stdout).not.toContain('"error"');
  });

  it('prints one document for scripts when a file is empty, without a question', async () => {
    const at = ['--url', 'https://vault.example', '--region', 'eu-west-1', '--json'];
    const { code, document } = await runCommand(['import', '--file', 'tokens.jsonl', ...at], {
      readFile: async () => '\n \n',
    });
    expect({ code, document }).toMatchObject({ code: 2, document: { error: { code: 'file_empty' } } });
  });

  it.each([
    ['import', ['import', '--file', '-'], '--yes'],
    [
      'probe',
      ['probe', '--client-id', 'a', '--token-file', '-', '--secret-file', 's.txt'],
      '--allow-spending',
    ],
    [
      'probe, for the secret',
      ['probe', '--client-id', 'a', '--token-file', 't.txt', '--secret-file', '-'],
      '--allow-spending',
    ],
  ])('takes no file and no answer from one stdin: %s', async (_, argv, flag) => {
    const ending = await runCommand([...argv, '--json'], {
      interactive: true,
      readFile: async () => 'something',
    });
    expect(ending).toMatchObject({
      code: 2,
      document: {
        error: {
          code: 'usage',
          message: expect.stringContaining('stdin'),
          remedy: expect.stringContaining(flag),
        },
      },
    });
  });

  it('checks a connection id itself: no request is sent for a malformed one', async () => {
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

  it('prints sentences without control characters, too', () => {
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
  const question = { sentence: async () => 'It will be gone.', word: 'acme.user-42' };
  const typing = (answer: string) => ({ interactive: true, ask: async () => answer });

  it('is the word itself, or --yes', async () => {
    await confirm(typing(' acme.user-42 '), { ...question, yes: false });
    await confirm({ interactive: false, ask: async () => '' }, { ...question, yes: true });
  });

  it.each(['', 'y', 'yes', 'acme.user-4'])('is not %j', async (answer) => {
    await expect(confirm(typing(answer), { ...question, yes: false })).rejects.toMatchObject({ exitCode: 2 });
  });

  it('is not given by a user who cancels with Ctrl-C or Ctrl-D', async () => {
    const leaving = { interactive: true, ask: async () => undefined };
    await expect(confirm(leaving, { ...question, yes: false })).rejects.toMatchObject({
      code: 'not_confirmed',
      exitCode: 2,
    });
  });

  it('is not asked for without a terminal', async () => {
    const alone = { interactive: false, ask: async () => question.word };
    await expect(confirm(alone, { ...question, yes: false })).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('A question', () => {
  it.each([
    ['import', ['import', '--file', 'tokens.jsonl']],
    ['erase', ['erase', 'SOME@AdobeID']],
    ['disconnect', ['disconnect', 'acme.user-42']],
  ])('of %s names the vault it is about, by its URL where that was given', async (_, argv) => {
    const asked: string[] = [];
    const at = ['--url', 'https://vault.example/live', '--region', 'eu-west-1'];
    const { code } = await runCommand([...argv, ...at], {
      interactive: true,
      readFile: async () => '{}',
      ask: async (question) => {
        asked.push(question);
        return undefined;
      },
    });
    expect(code).toBe(2);
    expect(asked).toEqual([expect.stringContaining('the vault https://vault.example/live, eu-west-1')]);
  });

  it('of probe names the credential and the IMS: it knows no vault', async () => {
    const asked: string[] = [];
    const argv = ['probe', '--client-id', '0123abcd', '--token-file', 't.txt', '--secret-file', 's.txt'];
    await runCommand(argv, {
      interactive: true,
      readFile: async () => 'something',
      ask: async (question) => {
        asked.push(question);
        return undefined;
      },
    });
    expect(asked).toEqual([expect.stringMatching(/0123abcd.*https:\/\/ims-na1\.adobelogin\.com/)]);
  });

  it('is not built without a terminal: it costs no request to AWS', async () => {
    const { code, stderr } = await runCommand(['disconnect', 'acme.user-42', '--region', 'eu-west-1']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--yes') });
  });
});

describe('An error', () => {
  const awsError = (name: string, message: string) =>
    Object.assign(new Error(message), { name, $metadata: {}, $fault: 'client' });

  it.each([
    [new AccessDeniedError('Forbidden.'), 3],
    [new TemporarilyUnavailableError('Later.'), 4],
    [new PlatformError('ACCESS_DENIED', 'No.'), 3],
    [new PlatformError('STORE_UNAVAILABLE', 'No.'), 4],
    [awsError('AccessDeniedException', 'User: x is not authorized'), 3],
    [awsError('ThrottlingException', 'Rate exceeded'), 4],
    [Object.assign(new Error('x'), { name: 'CredentialsProviderError' }), 3],
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 4],
    // What fetch says of an answer that breaks off.
    [new TypeError('terminated', { cause: Object.assign(new Error('x'), { code: 'UND_ERR_SOCKET' }) }), 4],
  ])('is explained with what to do: %s', (error, exitCode) => {
    expect(explainError(error)).toMatchObject({ exitCode, remedy: expect.any(String) });
  });

  it.each([
    'EAI_AGAIN',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'CERT_HAS_EXPIRED',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'UND_ERR_SOCKET',
  ])('of the network or of a certificate is explained as a refused connection is: %s', (code) => {
    const failed = (properties: object) => explainError(Object.assign(new Error('x'), properties));
    expect(failed({ code, $metadata: { attempts: 3 } })).toEqual(failed({ code: 'ECONNREFUSED' }));
  });

  it('that is a bug is not explained away', () => {
    expect(explainError(new TypeError('x is not a function'))).toBeUndefined();
    const ownMistake = Object.assign(new TypeError('x'), { code: 'ERR_INVALID_ARG_TYPE' });
    expect(explainError(ownMistake)).toBeUndefined();
  });
});
