import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CODE = ['functions', 'cli', 'client', 'lib', 'local', 'examples', 'bin', 'tools', 'test'];
const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'docs'];
/** docs/decisions is history. */
const IS_READ = /(?<!\.d)\.(?:ts|md|yaml)$/;
const IS_HISTORY = /^docs\/decisions\/\d/;

/** The unambiguous words of docs/decisions/0038-one-vocabulary.md, each with the one that took its place. */
const RETIRED: readonly (readonly [RegExp, string])[] = [
  [/\b(?:AlarmClock|ArmedAlarm|AlarmScheduling|maxAlarmsPerMinute)\b/i, 'schedule'],
  [/\bre-?arm(?:s|ed|ing)?\b/i, 'reschedule'],
  [/\bwake(?:AtMs|Shard|Index|Plan)\b/i, 'due'],
  [/\b(?:GuardHeartbeat|guard-silent|runGuard)\b/i, 'reconciler'],
  [/\b(?:weather|client|burst)[- ]breaker\b/i, 'outage, credential or refusal breaker'],
  [/\bverdicts?\b/i, 'decision'],
  [/\bburnt?\b/i, 'consume'],
  [/\b(?:bury|buried|buries)\b/i, 'invalidate'],
  [/\badopt(?:s|ed|ion)?\b/i, 'recover'],
  [/\borphan(?:s|ed)?\b/i, 'uncommitted successor'],
  [/\bamend(?:s|ed|ment|ments)?\b/i, 'update'],
  [/\blapse[sd]?\b/i, 'expire'],
  [/\banew\b/i, 'again'],
  [/\boddit(?:y|ies)\b/i, 'anomaly'],
  [/\blisten_?Ms\b/i, 'timeoutMs'],
  [/\b(?:Platform|Store|Kms|Scheduler)Fault\b/i, 'PlatformError'],
  [/\btokenKeyEditions?\b/i, 'tokenKeySet'],
];

/** Words that read stiffly or name no actor, each with what to write instead. */
const STIFF: readonly (readonly [RegExp, string])[] = [
  [/\bmend(?:s|ed|ing)?\b/i, 'fix'],
  [/\bwhoever\b/i, 'the actor by its name'],
  [/\b(?:nobody|somebody|anybody|everybody)\b/i, 'the actor by its name'],
  [/\bso many\b/i, 'the number of'],
  [/\bof before\b/i, 'previous'],
  [/\bis no (?:vault|provider|promise)\b/i, 'is not a'],
  [/\bowed\b/i, 'pending'],
  [/\bunheard\b/i, 'lost'],
  [/\b(?:spent|unspent) tokens?\b/i, 'used'],
  [/\breckon(?:s|ed|ing)?\b/i, 'calculate'],
];

/** Of pages alone, where code has other uses for the word. */
const STIFF_IN_PAGES: readonly (readonly [RegExp, string])[] = [
  [/\bbeside\b/i, 'next to, with, in addition to'],
  [/\btold\b/i, 'notified'],
  [/\b(?:un)?heard\b/i, 'received'],
  [/\b(?:rings?|rang)\b/i, 'fire'],
  [/\bof (?:its|their|our|his|her) own\b/i, 'separate'],
];

/** This file quotes the words. */
const THIS_FILE = 'test/unit/docs/retired-words.test.ts';

/** A page names tests and files as they are. */
const REFERENCE = /`test\/[^`]+`: [^|<]+|\]\([^)]+\)/g;

test('no page and no line of code uses a retired word', () => {
  const files = [...CODE, ...PAGES]
    .flatMap(filesIn)
    .filter((path) => IS_READ.test(path) && !IS_HISTORY.test(path) && path !== THIS_FILE);
  expect(files.length).toBeGreaterThan(300);
  const textOf = (path: string) =>
    path.endsWith('.md') ? pageText(path) : readFileSync(join(ROOT, path), 'utf8');
  expect(files.flatMap((path) => retiredIn(path, textOf(path)))).toEqual([]);
});

test('no page and no line of code uses a stiff word', () => {
  const pages = PAGES.flatMap(filesIn).filter((path) => path.endsWith('.md') && !IS_HISTORY.test(path));
  const code = CODE.flatMap(filesIn).filter((path) => IS_READ.test(path) && path !== THIS_FILE);
  const inPages = pages.flatMap((path) => retiredIn(path, pageText(path), [...STIFF, ...STIFF_IN_PAGES]));
  const inCode = code.flatMap((path) => retiredIn(path, readFileSync(join(ROOT, path), 'utf8'), STIFF));

  expect([...inPages, ...inCode]).toEqual([]);
});

test.each([
  ['AlarmClock', 'schedule'],
  ['it re-arms them', 'reschedule'],
  ['an orphan of one run', 'uncommitted successor'],
  ['const listenMs = 1;', 'timeoutMs'],
])('finds one: %s', (line, instead) => {
  expect(retiredIn('a.ts', `first\n${line}`)).toEqual([expect.stringContaining(`a.ts:2: say ${instead}`)]);
});

test.each([
  ['somebody mended it', ['say fix', 'say the actor by its name']],
  ['the credentials of before', ['say previous']],
  ['so many connections', ['say the number of']],
  ['a notifier of theirs', []],
])('of a line it says what to write instead: %s', (line, sayings) => {
  expect(retiredIn('a.md', line, STIFF).map((found) => found.split(': ')[1])).toEqual(sayings);
});

function filesIn(place: string): string[] {
  if (place.endsWith('.md')) return [place];
  return readdirSync(join(ROOT, place), { recursive: true, encoding: 'utf8' }).map(
    (path) => `${place}/${path.replaceAll('\\', '/')}`,
  );
}

function pageText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8').replaceAll(REFERENCE, '');
}

function retiredIn(path: string, text: string, words: typeof RETIRED = RETIRED): string[] {
  return text
    .split('\n')
    .flatMap((line, at) =>
      words
        .filter(([word]) => word.test(line))
        .map(([, instead]) => `${path}:${at + 1}: say ${instead}: ${line.trim().slice(0, 100)}`),
    );
}
