import { describe, expect, it } from 'vitest';
import {
  queryEveryMinute,
  scanEveryMinute,
  secretPerUser,
  vendPaths,
} from '../../../tools/cost/alternatives.ts';
import { billOf, totalOf } from '../../../tools/cost/bill.ts';
import type { MeasuredCounts, MonthlyCounts } from '../../../tools/cost/measured-counts.ts';
import { demandsOf } from '../../../tools/cost/peaks.ts';
import { strictAdds } from '../../../tools/cost/strict.ts';

const MILLION = 1_000_000;
const NOTHING: MonthlyCounts = {
  readUnits: 0,
  writeUnits: 0,
  schedulesCreated: 0,
  fired: 0,
  dataKeys: 0,
  decrypts: 0,
  rotateRuns: 0,
  posts: 0,
  vends: 0,
  vendsRenewed: 0,
  consents: 0,
  reconcilerRuns: 0,
  events: 0,
};
const IDLE: MonthlyCounts = {
  ...NOTHING,
  readUnits: 8,
  writeUnits: 64,
  schedulesCreated: 5,
  fired: 5,
  dataKeys: 8,
  decrypts: 4,
  rotateRuns: 4,
  posts: 4,
};
const MEASURED: MeasuredCounts = {
  connections: 1,
  fromDay: 0,
  toDay: 30,
  dailyShare: 0.3,
  vault: NOTHING,
  idle: IDLE,
  mixed: { ...IDLE, vends: 9 },
  connectionBytes: 3_996,
  accessTokenBytes: 1_900,
  censusMicrosPerEntry: 10,
  template: { keys: 2, secrets: 2, alarms: 10, compositeAlarms: 2, dashboards: 1 },
};

function lineOf(connections: number, name: string) {
  return billOf(MEASURED, { connections, habit: 'idle' }).find((item) => item.name === name)?.usd;
}

describe('A bill', () => {
  it('multiplies what one connection asks for by list prices', () => {
    expect(lineOf(MILLION, 'DynamoDB: writes')).toBeCloseTo(64 * 0.625);
    expect(lineOf(MILLION, 'DynamoDB: reads')).toBeCloseTo(8 * 0.125);
    expect(lineOf(MILLION, 'DynamoDB: point-in-time recovery')).toBeCloseTo(4.096 * 0.2);
    expect(lineOf(MILLION, 'Scheduler: invocations')).toBeCloseTo(5);
    expect(lineOf(MILLION, 'KMS: requests')).toBeCloseTo(12 * 3);
    expect(lineOf(MILLION, 'Lambda: requests')).toBeCloseTo(4 * 0.2);
    expect(lineOf(MILLION, 'Lambda: GB-seconds')).toBeCloseTo(4 * 0.65 * 13.3334);
  });

  it('holds what an empty vault costs: keys, secrets, alarms, dashboard', () => {
    const empty = billOf(MEASURED, { connections: 0, habit: 'idle' });
    const named = Object.fromEntries(empty.map(({ name, usd }) => [name, usd]));
    expect(named).toMatchObject({
      'KMS: keys': 2,
      'Secrets Manager: secrets': 0.8,
      'CloudWatch: alarms, dashboard': 5,
      'DynamoDB: writes': 0,
    });
    expect(totalOf(empty)).toBeGreaterThan(6.8);
  });

  it('charges a start for nearly each run of a fleet that Lambda forgets in between', () => {
    const few = (lineOf(10, 'Lambda: GB-seconds') ?? 0) / 10;
    const many = (lineOf(MILLION, 'Lambda: GB-seconds') ?? 0) / MILLION;
    expect(few / many).toBeCloseTo((650 + 400) / 650, 1);
  });
});

describe('What the strict level adds', () => {
  const added = (connections: number, name: string) =>
    strictAdds(MEASURED, { connections, habit: 'idle' }).find((item) => item.name.startsWith(name))?.usd;

  it('is a key for an empty vault, and then each use of tables and functions', () => {
    expect(added(0, 'KMS')).toBe(1);
    expect(added(0, 'CloudTrail')).toBe(0);
    expect(added(MILLION, 'CloudTrail')).toBeCloseTo((8 + 64 + 4) * 10 * 0.1);
  });

  it('traces the first run of each second, and a twentieth of the others', () => {
    expect(added(100_000, 'X-Ray')).toBeCloseTo(0.4 * 5);
    expect(added(MILLION, 'X-Ray')).toBeCloseTo((2.592 + (4 - 2.592) / 20) * 5);
  });
});

describe('Other ways to do it', () => {
  it('cost forty cents a user with a secret each, and calls', () => {
    const fleet = { connections: MILLION, habit: 'mixed' } as const;
    expect(secretPerUser(MEASURED, fleet)).toBeCloseTo(400_000 + (2 * 4 + 9) * 5);
  });

  it('cost thousands with a Scan every minute and less than a dollar with a Query', () => {
    expect(scanEveryMinute(MEASURED, MILLION)).toBeCloseTo((MILLION / 2) * 43_200 * 0.125e-6);
    expect(queryEveryMinute()).toBeLessThan(1);
  });

  it('leave a direct read cheaper than Secrets Manager, and that cheaper than AgentCore Identity', () => {
    const [cached, eventual, strong, https, secrets, agentCore] = vendPaths().map(({ usd }) => usd);
    expect([cached, eventual, strong, secrets, agentCore]).toEqual([0, 3.0625, 3.125, 5, 10]);
    expect(https).toBeGreaterThan(4);
  });
});

describe('The busiest second', () => {
  it('asks for more of a quota before the fleet has grown into it', () => {
    const toRaise = (connections: number) =>
      demandsOf(MEASURED, connections).flatMap(({ quota, mustRaise }) => (mustRaise ? [quota] : []));
    expect(toRaise(100_000)).toEqual([]);
    expect(toRaise(9 * MILLION)).toContain('schedules');
  });
});
