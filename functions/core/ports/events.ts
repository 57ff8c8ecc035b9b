import type { ConnectionEvent } from '../connection/connection.ts';

/** Publishes to EventBridge. Throws `PlatformError` `EVENTS_UNAVAILABLE` or `ACCESS_DENIED`. */
export interface EventPublisher {
  /** @returns the ids of the events that were accepted */
  publish(connectionId: string, events: readonly ConnectionEvent[]): Promise<readonly string[]>;
}

/** Logs and metrics for operators. Fields are plain facts: never a token, code, verifier or secret. */
export interface Telemetry {
  info(message: string, fields?: TelemetryFields): void;
  warn(message: string, fields?: TelemetryFields): void;
  /** An incident that an operator should look at. `error` is reduced to its name, code and stack; its cause is not logged. */
  error(message: string, error?: unknown, fields?: TelemetryFields): void;
  /** A CloudWatch metric in embedded metric format. */
  measure(
    metric: string,
    value: number,
    unit: MetricUnit,
    dimensions?: Readonly<Record<string, string>>,
  ): void;
}

export type TelemetryFields = Readonly<
  Record<string, string | number | boolean | undefined | readonly string[]>
>;
export type MetricUnit = 'Count' | 'Milliseconds' | 'Seconds' | 'None';
