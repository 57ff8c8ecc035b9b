import { expect, test, vi } from 'vitest';
import { createLineSplitter, createLogBook } from '../../../local/functions/log-book.ts';

function line(text: string, functionName = 'rotate') {
  return {
    atMs: 1,
    functionName,
    requestId: 'r',
    stream: 'stdout' as const,
    text,
  };
}

test('lines are found by function and by text', () => {
  const book = createLogBook();
  book.write(line('one'));
  book.write(line('two'));
  book.write(line('two', 'reconcile'));
  expect(book.search({ functionName: 'rotate', contains: 'tw' })).toMatchObject([
    { functionName: 'rotate', text: 'two' },
  ]);
});

test('a line that is a JSON object is parsed, one that only looks like it is kept as text', () => {
  const book = createLogBook();
  book.write(line('{"level":"WARN"}'));
  book.write(line('{not json'));
  expect(book.search()).toMatchObject([{ json: { level: 'WARN' } }, { text: '{not json' }]);
});

test('the oldest lines are dropped when the log is full', () => {
  const book = createLogBook({ capacity: 10 });
  for (let index = 0; index < 100; index += 1) book.write(line(`line ${index}`));
  expect(book.search().length).toBeLessThanOrEqual(10);
  expect(book.search({ contains: 'line 99' })).toHaveLength(1);
});

test('a listener gets every line until it unsubscribes', () => {
  const book = createLogBook();
  const listener = vi.fn();
  const stop = book.onLine(listener);
  book.write(line('one'));
  stop();
  book.write(line('two'));
  expect(listener).toHaveBeenCalledTimes(1);
});

test('chunks are joined into lines', () => {
  const lines: string[] = [];
  const split = createLineSplitter((text) => lines.push(text));
  split('fir');
  split('st\nsecond\nthi');
  split('rd\n');
  expect(lines).toEqual(['first', 'second', 'third']);
});
