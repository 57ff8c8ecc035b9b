import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  ALARMS,
  type AlarmDefinition,
  alarmDescription,
  CANARY_ALARMS,
} from '../../../lib/monitoring/alarm-catalogue.ts';
import { createAlarmWatch, dimensionsOf, type Sample } from '../../support/alarms/alarm-watch.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const START_MS = Date.UTC(2026, 0, 5);
const LOOK_EVERY_MS = 5 * MINUTE_MS;

type VaultAlarm = AlarmDefinition & { readonly metric: { readonly from: 'vault' } };

const all = [...ALARMS, ...CANARY_ALARMS];
const own = all.filter((alarm): alarm is VaultAlarm => alarm.metric.from === 'vault');
const byId = new Map(all.map((alarm) => [alarm.id, alarm]));

function sampleOf({ metric }: AlarmDefinition, value: number, atMs: number): Sample {
  return { metric: metric.name, dimensions: dimensionsOf(metric), value, atMs };
}

/** Which alarms fire over these hours, and from which to which hour. */
function firingsOver(hours: number, samples: readonly Sample[]) {
  const watch = createAlarmWatch(all);
  const ordered = samples.toSorted((one, other) => one.atMs - other.atMs);
  let next = 0;
  // The first data points need a moment to arrive.
  for (let atMs = START_MS + 2 * HOUR_MS; atMs <= START_MS + hours * HOUR_MS; atMs += LOOK_EVERY_MS) {
    for (let sample = ordered[next]; sample && sample.atMs <= atMs; sample = ordered[next]) {
      watch.take(sample);
      next += 1;
    }
    watch.lookAt(atMs);
  }
  const hourOf = (atMs: number | undefined) => (atMs === undefined ? undefined : (atMs - START_MS) / HOUR_MS);
  return watch.firings.map(({ id, fromMs, untilMs }) => ({
    id,
    from: hourOf(fromMs),
    until: hourOf(untilMs),
  }));
}

/** They fire when nothing is measured. */
const ON_MISSING_DATA = new Set(['reconciler-silent', 'canary-silent']);

/** What a healthy vault measures: the reconciler every hour, its census and the canary every six, and no fault. */
function healthy(hours: number): readonly Sample[] {
  const at = (hour: number) => START_MS + hour * HOUR_MS + 7 * MINUTE_MS;
  return Array.from({ length: hours }, (_, hour) => hour).flatMap((hour) => {
    const values = new Map<string, number>([
      ['reconciler-silent', 1],
      ['connections-overdue', 0],
      ['credential-breaker-open', 0],
      ['outage-breaker-open', 0],
      ['odd-answers', 0],
      ...(hour % 6 === 0
        ? ([
            ['hours-of-safety-low', 150],
            ['fleet-safety-low', 152],
            ['at-risk', 0],
            ['expired', 0],
            ['canary-silent', 1],
          ] as const)
        : []),
    ]);
    return [...values].flatMap(([id, value]) => {
      const alarm = byId.get(id);
      return alarm ? [sampleOf(alarm, value, at(hour))] : [];
    });
  });
}

function worst({ comparison, threshold }: AlarmDefinition): number {
  return comparison === 'below' ? threshold - 1 : threshold;
}

describe('Every alarm', () => {
  it('has a name of its own that can be a heading, and a description that begins with the severity and ends with the section', () => {
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    for (const alarm of all) {
      expect(alarm.id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      const description = alarmDescription(alarm);
      expect(description).toMatch(
        new RegExp(`^(page|ticket): [A-Z].*\\. What to do: docs/operations\\.md#${alarm.id}$`),
      );
      // CloudFormation turns other characters into question marks, and CloudWatch takes 1,024.
      expect(description).toMatch(/^[\x20-\x7e]{1,1024}$/);
    }
  });

  it('looks back no further than CloudWatch does: a day, or a week in periods of an hour and more', () => {
    for (const { id, periodMinutes, periods } of all) {
      expect(periodMinutes * periods, id).toBeLessThanOrEqual(periodMinutes < 60 ? 24 * 60 : 7 * 24 * 60);
    }
  });

  it('does not fire over a healthy vault, nor where only the reconciler and the canary run', () => {
    expect(firingsOver(48, healthy(48))).toEqual([]);
    const alive = healthy(48).filter(({ metric }) => ['ReconcilerHeartbeat', 'CanaryRuns'].includes(metric));
    expect(firingsOver(48, alive)).toEqual([]);
  });

  it.each(all.filter(({ id }) => !ON_MISSING_DATA.has(id)).map((alarm) => [alarm.id, alarm] as const))(
    '%s fires when its threshold is reached, alone, and is over once that has passed',
    (id, alarm) => {
      const everyMs = Math.min(alarm.periodMinutes, 60) * MINUTE_MS;
      const lastsMs = Math.max(HOUR_MS, alarm.periods * alarm.periodMinutes * MINUTE_MS);
      const fromMs = START_MS + 12 * HOUR_MS;
      const bad: Sample[] = [];
      for (let atMs = fromMs; atMs < fromMs + lastsMs; atMs += everyMs)
        bad.push(sampleOf(alarm, worst(alarm), atMs));

      const firings = firingsOver(48, [...healthy(48), ...bad]);

      expect(firings).toEqual([{ id, from: expect.any(Number), until: expect.any(Number) }]);
      expect(firings[0]?.from).toBeGreaterThanOrEqual(12);
    },
  );

  it('does not fire while its metric stays one short of the threshold, for half a day', () => {
    const almost = all.flatMap((alarm) => {
      const { comparison, threshold, periodMinutes } = alarm;
      const value = comparison === 'below' ? threshold : threshold - 1;
      const everyMs = periodMinutes * MINUTE_MS;
      return Array.from({ length: Math.ceil((12 * HOUR_MS) / everyMs) }, (_, at) =>
        sampleOf(alarm, value, START_MS + 12 * HOUR_MS + at * everyMs),
      );
    });
    expect(firingsOver(48, [...healthy(48), ...almost])).toEqual([]);
  });

  it('of several periods does not fire for a single one', () => {
    const lasting = all.filter(({ id, periods }) => periods > 1 && !ON_MISSING_DATA.has(id));
    expect(lasting.length).toBeGreaterThan(2);
    const bad = lasting.map((alarm) => sampleOf(alarm, alarm.threshold, START_MS + 12.2 * HOUR_MS));
    expect(firingsOver(48, [...healthy(48), ...bad])).toEqual([]);
  });
});

describe('Every metric of the vault that an alarm watches', () => {
  it('is one that the functions measure, under the same dimension', () => {
    const measured = measuredByTheFunctions();
    expect(measured.size).toBeGreaterThan(20);
    for (const { id, metric } of own) {
      const dimensions = Object.keys(metric.dimensions ?? {}).join(' ');
      expect([...(measured.get(metric.name) ?? [])], id).toContain(dimensions);
    }
  });

  it('has dimension values that the functions name', () => {
    const source = sourcesOfTheFunctions().join('\n');
    for (const { id, metric } of own) {
      for (const value of Object.values(metric.dimensions ?? {})) expect(source, id).toContain(`'${value}'`);
    }
  });
});

/** Metrics by name, each with the names of the dimensions it is measured under. */
function measuredByTheFunctions(): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const source of sourcesOfTheFunctions()) {
    for (const [, name = '', dimension = ''] of source.matchAll(
      /\bmeasure\(\s*'(\w+)',[^;]*?'(?:Count|Milliseconds|None)'(?:, \{ (\w+)[^}]*\})?,?\s*\)/g,
    )) {
      found.set(name, (found.get(name) ?? new Set()).add(dimension));
    }
  }
  return found;
}

function sourcesOfTheFunctions(): readonly string[] {
  const root = fileURLToPath(new URL('../../../functions', import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.ts')).map((file) => readFileSync(join(root, file), 'utf8'));
}

describe('The alarm on the reconciler', () => {
  it('fires about two hours after its last run, and not for one that is a few minutes late', () => {
    const until = (hour: number) => healthy(48).filter(({ atMs }) => atMs < START_MS + hour * HOUR_MS);
    const [firing] = firingsOver(48, until(12));
    expect(firing).toMatchObject({ id: 'reconciler-silent', until: undefined });
    expect(firing?.from).toBeGreaterThan(12);
    expect(firing?.from).toBeLessThan(14);

    const late = healthy(48).map((sample, at) => ({
      ...sample,
      atMs: sample.atMs + (at % 3) * 4 * MINUTE_MS,
    }));
    expect(firingsOver(47, late)).toEqual([]);
  });
});

describe('The alarm on the canary', () => {
  const isCanary = ({ metric }: Sample) => metric === 'CanaryRuns';

  it('fires within thirteen hours of its last rotation, and not for one that failed', () => {
    const until = (hour: number) =>
      healthy(48).filter((sample) => !isCanary(sample) || sample.atMs < START_MS + hour * HOUR_MS);
    const [firing] = firingsOver(48, until(13));
    expect(firing).toMatchObject({ id: 'canary-silent', until: undefined });
    expect(firing?.from).toBeGreaterThan(24);
    expect(firing?.from).toBeLessThan(26);

    const oneLost = healthy(48).filter(
      (sample) => !isCanary(sample) || Math.floor((sample.atMs - START_MS) / HOUR_MS) !== 18,
    );
    expect(firingsOver(48, oneLost)).toEqual([]);
  });
});
