import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { askUser } from '../../../cli/process-world.ts';

/** A terminal with a user at it. */
function terminal() {
  const keyboard = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  const screen = Object.assign(new PassThrough(), { isTTY: true });
  return { keyboard, screen };
}

describe('A user who is asked', () => {
  it('answers with a line', async () => {
    const { keyboard, screen } = terminal();
    const answer = askUser(keyboard, screen, 'Really? ');
    keyboard.write('import\n');
    expect(await answer).toBe('import');
    expect(String(screen.read())).toContain('Really? ');
  });

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('may cancel with %s, which is not an answer', async (_, key) => {
    const { keyboard, screen } = terminal();
    const answer = askUser(keyboard, screen, 'Really? ');
    keyboard.write(key);
    expect(await answer).toBeUndefined();
  });

  it('may be gone before the question: the stream has ended', async () => {
    const { keyboard, screen } = terminal();
    keyboard.end();
    expect(await askUser(keyboard, screen, 'Really? ')).toBeUndefined();
    expect(await askUser(keyboard, screen, 'Really? ')).toBeUndefined();
  });
});
