import { describe, expect, it } from 'vitest';
import { fileLines, importBatches, runImport } from '../../../cli/import/run-import.ts';
import type { ImportLineResult, ImportResponse } from '../../../client/contract.ts';
import { TemporarilyUnavailableError } from '../../../client/vault-error.ts';
import { runCommand } from '../../support/cli/run-command.ts';

const NO_TOTALS = { imported: 0, replaced: 0, exists: 0, invalid: 0, unavailable: 0 };

/** A vault that says of each line what the script says the next time it is asked about it. */
function vaultSaying(script: (line: string, time: number) => ImportLineResult) {
  const times = new Map<string, number>();
  const bodies: string[] = [];
  const send = async (body: string): Promise<ImportResponse> => {
    bodies.push(body);
    const results = body.split('\n').map((line, index) => {
      const time = (times.get(line) ?? 0) + 1;
      times.set(line, time);
      return { line: index + 1, result: script(line, time) };
    });
    return { dryRun: false, totals: NO_TOTALS, results };
  };
  return { bodies, deps: { send, sleep: async () => undefined } };
}

function nothing() {
  return undefined;
}

describe('Importing a file', () => {
  it('sends a hundred lines at once, and knows each by its place in the file', () => {
    const text = Array.from({ length: 205 }, (_, index) => (index === 1 ? ' ' : `{"n":${index}}`)).join(
      '\r\n',
    );
    const batches = importBatches(fileLines(text));
    expect(batches.map(({ lineNumbers }) => lineNumbers.length)).toEqual([100, 100, 4]);
    expect(batches[0]?.lineNumbers.slice(0, 3)).toEqual([1, 3, 4]);
    expect(batches[2]?.body.split('\n').at(-1)).toBe('{"n":204}');
    expect(batches[2]?.lineNumbers.at(-1)).toBe(205);
  });

  it('keeps a request within what API Gateway takes', () => {
    const long = JSON.stringify('x'.repeat(1_500_000));
    expect(
      importBatches(fileLines([long, long, long].join('\n'))).map(({ lineNumbers }) => lineNumbers),
    ).toEqual([[1, 2], [3]]);
  });

  it('sends again only the lines of which nothing is known', async () => {
    const { bodies, deps } = vaultSaying((line, time) =>
      line === 'b' && time < 3 ? 'unavailable' : 'imported',
    );
    const report = await runImport(deps, 'a\n\nb\nc', nothing);
    expect(bodies).toEqual(['a\nb\nc', 'b', 'b']);
    expect(report).toEqual({ lines: 3, totals: { ...NO_TOTALS, imported: 3 }, leftOut: [] });
  });

  it('gives up on them after a few times, and says which', async () => {
    const { bodies, deps } = vaultSaying((line) => (line === 'b' ? 'unavailable' : 'exists'));
    const report = await runImport(deps, 'a\n\nb', nothing);
    expect(bodies).toHaveLength(4);
    expect(report.leftOut).toEqual([
      { line: 1, result: 'exists' },
      { line: 3, result: 'unavailable' },
    ]);
  });

  it('waits for a vault that is busy, and not forever', async () => {
    const { deps } = vaultSaying(() => 'imported');
    let busy = 3;
    const send = async (body: string) => {
      busy -= 1;
      if (busy >= 0) throw new TemporarilyUnavailableError('Too many requests.');
      return deps.send(body);
    };
    expect(await runImport({ ...deps, send }, 'a', nothing)).toMatchObject({ totals: { imported: 1 } });
    busy = 4;
    await expect(runImport({ ...deps, send }, 'a', nothing)).rejects.toThrow(TemporarilyUnavailableError);
  });

  it('sends none of two lines that hold one token or one id, wherever in the file they stand', async () => {
    const line = (connectionId: string, refreshToken: string) =>
      JSON.stringify({ connectionId, refreshToken });
    const others = (from: number) =>
      Array.from({ length: 120 }, (_, index) => line(`other.${from + index}`, `other-token-${from + index}`));
    const text = [
      line('acme.ann', 'token-of-ann'),
      ...others(0),
      line('acme.ann-again', 'token-of-ann'),
      '',
      ...others(120),
      line('acme.ann', 'newer-token-of-ann'),
      line('acme.ann-newer', 'newer-token-of-ann'),
    ].join('\n');
    const { bodies, deps } = vaultSaying(() => 'imported');
    const report = await runImport(deps, text, nothing);
    expect(report).toEqual({
      lines: 244,
      totals: { ...NO_TOTALS, imported: 242, invalid: 2 },
      leftOut: [
        {
          line: 122,
          connectionId: 'acme.ann-again',
          result: 'invalid',
          reason: 'refresh_token_repeated',
          detail: 'The first one is in line 1.',
        },
        {
          line: 244,
          connectionId: 'acme.ann',
          result: 'invalid',
          reason: 'connection_id_repeated',
          detail: 'The first one is in line 1.',
        },
      ],
    });
    const sent = bodies.join('\n');
    expect(sent).not.toContain('acme.ann-again');
    // As the vault does it: of a line that does not count, the token does not count either.
    expect(sent.match(/newer-token-of-ann/g)).toHaveLength(1);
    expect(JSON.stringify(report)).not.toContain('token-of');
  });

  it('leaves a line that it cannot parse to the vault, and ignores its id and token', async () => {
    const good = '{"connectionId":"acme.ann","refreshToken":"t"}';
    const text = ['{"connectionId":"acme.ann"', '{"connectionId":"acme.ann"}', 'null', '["acme.ann","t"]'];
    const noId = '{"connectionId":"an id","refreshToken":"t"}';
    const { bodies, deps } = vaultSaying((line) => (line === good ? 'imported' : 'invalid'));
    await runImport(deps, [...text, noId, noId, good].join('\n'), nothing);
    expect(bodies.join('\n').split('\n')).toEqual([...text, noId, noId, good]);
  });

  it('reports lines that were not imported in the order of the file', async () => {
    const text = ['a', 'b', 'a', 'c'].map(
      (id, index) => `{"connectionId":"${id}","refreshToken":"${index}"}`,
    );
    const { deps } = vaultSaying(() => 'exists');
    const { leftOut } = await runImport(deps, text.join('\n'), nothing);
    expect(leftOut.map(({ line, result }) => [line, result])).toEqual([
      [1, 'exists'],
      [2, 'exists'],
      [3, 'invalid'],
      [4, 'exists'],
    ]);
  });

  it('names a file that it cannot read, and nothing of what is in one', async () => {
    const readFile = async () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOENT' }));
    const { code, stderr } = await runCommand(['import', '--file', 'gone.jsonl'], { readFile });
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'gone.jsonl could not be read (ENOENT).\n' });
  });
});
