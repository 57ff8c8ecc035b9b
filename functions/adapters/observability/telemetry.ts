import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';

import type { MetricUnit, Telemetry, TelemetryFields } from '../../core/ports/events.ts';
import { reduceError } from './reduce-error.ts';
import { scrub } from './scrub.ts';

export interface TelemetryOptions {
  /** Dimension of every metric; absent = POWERTOOLS_SERVICE_NAME, which the deployment sets to the vault's name. */
  readonly service?: string;
  /** Absent = POWERTOOLS_METRICS_NAMESPACE. */
  readonly namespace?: string;
}

const UNITS = { Count: 'Count', Milliseconds: 'Milliseconds', Seconds: 'Seconds', None: 'None' } as const;

/** Structured log lines and metrics in CloudWatch's embedded metric format, both on standard output. */
export function createTelemetry({ service, namespace }: TelemetryOptions = {}): Telemetry {
  const logger = new Logger(service === undefined ? {} : { serviceName: service });
  const metrics = new Metrics({
    ...(service === undefined ? {} : { serviceName: service }),
    ...(namespace === undefined ? {} : { namespace }),
  });

  return {
    info: (message, fields) => logger.info(scrub(message), plainFields(fields)),
    warn: (message, fields) => logger.warn(scrub(message), plainFields(fields)),
    error(message, error, fields) {
      const reduced = error === undefined ? {} : { error: reduceError(error) };
      logger.error(scrub(message), { ...plainFields(fields), ...reduced });
    },
    measure(metric, value, unit, dimensions = {}) {
      if (Number.isFinite(value)) publish(metrics, metric, value, unit, dimensions);
    },
  };
}

/** At once, each with its own dimensions: a function may be stopped at any moment after it answered. */
function publish(
  metrics: Metrics,
  name: string,
  value: number,
  unit: MetricUnit,
  dimensions: Readonly<Record<string, string>>,
): void {
  const single = metrics.singleMetric();
  for (const [dimension, text] of Object.entries(dimensions)) {
    if (text !== '') single.addDimension(dimension, scrub(text));
  }
  single.addMetric(name, UNITS[unit], value);
}

/** What the type allows and nothing else, also when a caller got round the type. */
function plainFields(fields: TelemetryFields = {}): Record<string, string | number | boolean | string[]> {
  const plain: Record<string, string | number | boolean | string[]> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') plain[name] = scrub(value);
    else if (typeof value === 'number' || typeof value === 'boolean') plain[name] = value;
    else if (Array.isArray(value)) plain[name] = value.map((item) => scrub(String(item)));
  }
  return plain;
}
