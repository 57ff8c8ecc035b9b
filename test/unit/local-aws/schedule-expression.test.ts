import { describe, expect, it } from 'vitest';
import { parseScheduleExpression } from '../../../local/aws/scheduler/schedule-expression.ts';

function ms(iso: string) {
  return Date.parse(iso);
}

/** The first occurrence from a moment on, of a schedule that starts then. */
function next(expression: string, from: string, start = from): string | undefined {
  const atMs = parseScheduleExpression(expression)?.nextFromMs(ms(from), ms(start));
  return atMs === undefined ? undefined : new Date(atMs).toISOString().replace('.000', '');
}

describe('a schedule expression', () => {
  it('fires once at its time', () => {
    expect(next('at(2031-03-04T05:06:07)', '2031-01-01T00:00:00Z')).toBe('2031-03-04T05:06:07Z');
    expect(parseScheduleExpression('at(2031-03-04T05:06:07)')?.once).toBe(true);
  });

  it('fires at a rate counted from its start', () => {
    const start = '2031-03-04T05:06:07Z';
    expect(next('rate(1 hour)', start)).toBe('2031-03-04T05:06:07Z');
    expect(next('rate(1 hour)', '2031-03-04T05:06:08Z', start)).toBe('2031-03-04T06:06:07Z');
    expect(next('rate(5 minutes)', '2031-03-04T05:20:00Z', start)).toBe('2031-03-04T05:21:07Z');
    expect(next('rate(2 days)', '2031-03-05T00:00:00Z', start)).toBe('2031-03-06T05:06:07Z');
  });

  it('fires by cron', () => {
    expect(next('cron(0 * * * ? *)', '2031-03-04T05:06:07Z')).toBe('2031-03-04T06:00:00Z');
    expect(next('cron(0 * * * ? *)', '2031-03-04T05:00:00Z')).toBe('2031-03-04T05:00:00Z');
    expect(next('cron(0/15 * * * ? *)', '2031-03-04T23:50:00Z')).toBe('2031-03-05T00:00:00Z');
    expect(next('cron(30 9 ? * MON-FRI *)', '2031-03-07T10:00:00Z')).toBe('2031-03-10T09:30:00Z');
    expect(next('cron(0 12 1 JAN,JUL ? *)', '2031-03-04T05:06:07Z')).toBe('2031-07-01T12:00:00Z');
    expect(next('cron(0 0 29 2 ? *)', '2031-03-04T05:06:07Z')).toBe('2032-02-29T00:00:00Z');
    expect(next('cron(0 0 1 1 ? 2030)', '2031-03-04T05:06:07Z')).toBeUndefined();
  });

  it('is refused when AWS would refuse it', () => {
    const wrong = [
      '',
      'at(2031-02-30T00:00:00)',
      'at(2031-03-04T05:06:07Z)',
      'at(2031-03-04 05:06:07)',
      'rate(0 hours)',
      'rate(90 seconds)',
      'rate(hour)',
      'every(1 hour)',
      'cron(0 * * * *)',
      'cron(0 * * * * *)',
      'cron(0 * ? * ? *)',
      'cron(60 * * * ? *)',
      'cron(5-1 * * * ? *)',
      'cron(x * * * ? *)',
      'cron(*/0 * * * ? *)',
    ];
    expect(wrong.filter((expression) => parseScheduleExpression(expression))).toEqual([]);
  });
});
