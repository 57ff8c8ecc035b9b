import type { Telemetry } from '../../../functions/core/ports/events.ts';
import { count } from './counters.ts';

/** Metrics whose occurrences say how a run went; the rest would only cost time. */
const TALLIED = new Set([
  'BreakerOpened',
  'SuccessorLost',
  'SuccessorParked',
  'SuccessorRecovered',
  'ScheduleNotCreated',
  'ExpiringSoon',
  'ConnectionDegraded',
  'ConsentsNotKept',
  'ParkedEnvelopeRefused',
]);

/** Hears every metric. */
export type OnMeasure = (metric: string, value: number, dimensions: Readonly<Record<string, string>>) => void;

/** Says nothing and counts a little. */
export function createSilentTelemetry(metrics: Record<string, number>, onMeasure?: OnMeasure): Telemetry {
  return {
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
    measure(metric, value, _unit, dimensions = {}) {
      onMeasure?.(metric, value, dimensions);
      if (TALLIED.has(metric)) count(metrics, metric);
    },
  };
}
