import { expect, test } from 'vitest';
import { createTranscript } from '../../../local/demo/script/transcript.ts';

test('a transcript shows days, keeps what did not hold, and aligns tables', () => {
  const lines: string[] = [];
  let nowMs = 0;
  const transcript = createTranscript({ write: (line) => void lines.push(line), nowMs: () => nowMs });
  transcript.title('Scene');
  transcript.expect('it holds', true, 'not shown');
  nowMs = 3.5 * 86_400_000;
  transcript.expect('it does not', false, 'something else');
  transcript.table([
    ['mode', 'days'],
    ['strict', '60'],
  ]);
  expect(lines).toEqual([
    '\nScene',
    'Day  0  ✓  it holds',
    'Day  3  ✗  it does not (found: something else)',
    '  mode    days',
    '  strict  60',
  ]);
  expect(transcript.failures()).toEqual(['it does not (found: something else)']);
});
