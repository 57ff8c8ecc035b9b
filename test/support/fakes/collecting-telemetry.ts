import type { MetricUnit, Telemetry, TelemetryFields } from '../../../functions/core/ports/events.ts';

export interface CollectingTelemetry extends Telemetry {
  readonly lines: readonly TelemetryLine[];
  readonly measurements: readonly Measurement[];
  /** The sum of a metric, over all dimensions or those given. */
  total(metric: string, dimensions?: Readonly<Record<string, string>>): number;
  /** Messages of the given level, in order. */
  messages(level: TelemetryLine['level']): readonly string[];
  /** Lines and measurements that show one of these secrets, in clear or in a usual encoding. Empty when none shows. */
  leaksOf(secrets: readonly string[]): readonly string[];
}

export interface TelemetryLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: TelemetryFields;
  /** Name, code and stack of a fault, as the real adapter reduces it. */
  readonly fault?: { readonly name: string; readonly code?: string; readonly stack?: string };
}

export interface Measurement {
  readonly metric: string;
  readonly value: number;
  readonly unit: MetricUnit;
  readonly dimensions: Readonly<Record<string, string>>;
}

export function createCollectingTelemetry(): CollectingTelemetry {
  const lines: TelemetryLine[] = [];
  const measurements: Measurement[] = [];
  return {
    lines,
    measurements,
    info: (message, fields = {}) => void lines.push({ level: 'info', message, fields }),
    warn: (message, fields = {}) => void lines.push({ level: 'warn', message, fields }),
    error(message, fault, fields = {}) {
      lines.push({ level: 'error', message, fields, ...(fault === undefined ? {} : reduced(fault)) });
    },
    measure: (metric, value, unit, dimensions = {}) =>
      void measurements.push({ metric, value, unit, dimensions }),
    total: (metric, dimensions = {}) =>
      measurements
        .filter((measured) => measured.metric === metric && hasAll(measured.dimensions, dimensions))
        .reduce((sum, { value }) => sum + value, 0),
    messages: (level) => lines.filter((line) => line.level === level).map((line) => line.message),
    leaksOf(secrets) {
      const needles = secrets.flatMap(encodingsOf);
      return [...lines, ...measurements]
        .map((entry) => JSON.stringify(entry))
        .filter((text) => needles.some((needle) => text.includes(needle)));
    },
  };
}

function reduced(fault: unknown): Pick<TelemetryLine, 'fault'> {
  if (!(fault instanceof Error)) return { fault: { name: typeof fault } };
  const code = 'code' in fault && typeof fault.code === 'string' ? { code: fault.code } : {};
  return {
    fault: { name: fault.name, ...code, ...(fault.stack === undefined ? {} : { stack: fault.stack }) },
  };
}

function hasAll(have: Readonly<Record<string, string>>, required: Readonly<Record<string, string>>): boolean {
  return Object.entries(required).every(([name, value]) => have[name] === value);
}

function encodingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  // Without its last characters an encoding is also found where it is part of something longer.
  const base64 = bytes.toString('base64').replace(/=+$/, '').slice(0, -1);
  return [
    secret,
    encodeURIComponent(secret),
    base64,
    base64.replaceAll('+', '-').replaceAll('/', '_'),
    bytes.toString('hex'),
  ];
}
