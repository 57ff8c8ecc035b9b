import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CODE = ['functions', 'cli', 'client', 'lib', 'local', 'examples', 'bin'];
const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'docs'];
/** docs/decisions is history. */
const IS_READ = /(?<!\.d)\.(?:ts|md|yaml)$/;
const IS_HISTORY = /^docs\/decisions\//;

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

test('no page and no line of code uses a retired word', () => {
  const files = [...CODE, ...PAGES]
    .flatMap(filesIn)
    .filter((path) => IS_READ.test(path) && !IS_HISTORY.test(path));
  expect(files.length).toBeGreaterThan(500);
  expect(files.flatMap((path) => retiredIn(path, readFileSync(join(ROOT, path), 'utf8')))).toEqual([]);
});

test.each([
  ['AlarmClock', 'schedule'],
  ['it re-arms them', 'reschedule'],
  ['an orphan of one run', 'uncommitted successor'],
  ['const listenMs = 1;', 'timeoutMs'],
])('finds one: %s', (line, instead) => {
  expect(retiredIn('a.ts', `first\n${line}`)).toEqual([expect.stringContaining(`a.ts:2: say ${instead}`)]);
});

function filesIn(place: string): string[] {
  if (place.endsWith('.md')) return [place];
  return readdirSync(join(ROOT, place), { recursive: true, encoding: 'utf8' }).map(
    (path) => `${place}/${path.replaceAll('\\', '/')}`,
  );
}

function retiredIn(path: string, text: string): string[] {
  return text
    .split('\n')
    .flatMap((line, at) =>
      RETIRED.filter(([word]) => word.test(line)).map(
        ([, instead]) => `${path}:${at + 1}: say ${instead}: ${line.trim().slice(0, 100)}`,
      ),
    );
}
