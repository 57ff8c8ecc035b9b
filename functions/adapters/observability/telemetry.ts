import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { defined } from '../../core/defined.ts';
import { PlatformError } from '../../core/platform-error.ts';
import type { MetricUnit, Telemetry, TelemetryFields } from '../../core/ports/events.ts';

export interface TelemetryOptions {
  /** Dimension of every metric; absent = POWERTOOLS_SERVICE_NAME, which the deployment sets to the vault's name. */
  readonly service?: string;
  /** Absent = POWERTOOLS_METRICS_NAMESPACE. */
  readonly namespace?: string;
}

const UNITS = { Count: 'Count', Milliseconds: 'Milliseconds', Seconds: 'Seconds', None: 'None' } as const;

/** Telemetry of one Lambda, which handles one invocation at a time. */
export interface LambdaTelemetry extends Telemetry {
  /** Every line from now on holds this id, until the next invocation begins. */
  beginInvocation(requestId: string): void;
}

/** Structured log lines and metrics in CloudWatch's embedded metric format, both on standard output. */
export function createTelemetry({ service, namespace }: TelemetryOptions = {}): LambdaTelemetry {
  const logger = new Logger(defined({ serviceName: service }));
  const metrics = new Metrics(defined({ serviceName: service, namespace }));

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
    beginInvocation: (requestId) => logger.appendKeys({ requestId }),
  };
}

/** Puts Lambda's request id into the lines of each invocation: the access log and Lambda's own report name it as well. */
export function withRequestId<Event, LambdaContext, Result>(
  telemetry: Pick<LambdaTelemetry, 'beginInvocation'>,
  handle: (event: Event, context: LambdaContext) => Result,
): (event: Event, context: LambdaContext & { readonly awsRequestId: string }) => Result {
  return (event, context) => {
    telemetry.beginInvocation(context.awsRequestId);
    return handle(event, context);
  };
}

/** Published at once, each with its own dimensions: Lambda may stop a function at any time after it answered. */
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

/** Only what the type allows, also when a caller bypassed the type. */
function plainFields(fields: TelemetryFields = {}): Record<string, string | number | boolean | string[]> {
  const plain: Record<string, string | number | boolean | string[]> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') plain[name] = scrub(value);
    else if (typeof value === 'number' || typeof value === 'boolean') plain[name] = value;
    else if (Array.isArray(value)) plain[name] = value.map((item) => scrub(String(item)));
  }
  return plain;
}

/** What is logged of an error. */
export type ReducedError = Readonly<Record<string, string | readonly string[]>>;

/** Names and codes, not sentences: a sentence might repeat what another library put into an error. */
const WORD = /^[A-Za-z0-9_.$-]{1,80}$/;
const MAX_FRAMES = 15;

/**
 * Reduces an error to its name, code, reason and stack. Its cause is left out (an OAuth library puts the whole token
 * response there), and so are the messages of other errors (JSON.parse repeats its input). Ours are fixed sentences.
 */
function reduceError(error: unknown): ReducedError {
  if (!(error instanceof Error)) return { name: typeof error };
  const own = error instanceof PlatformError ? { message: error.message } : {};
  const stack = framesOf(error);
  return {
    ...word('name', error.name),
    ...own,
    ...word('code', memberOf(error, 'code')),
    ...word('reason', memberOf(error, 'reason')),
    ...(stack.length === 0 ? {} : { stack }),
  };
}

/** The frames alone: a stack begins with the message, which may have several lines. */
function framesOf({ stack = '', message }: Error): readonly string[] {
  const at = stack.indexOf(message);
  const rest = message === '' || at === -1 ? stack : stack.slice(at + message.length);
  return rest
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^at [^\s].*:\d+:\d+\)?$/.test(line))
    .slice(0, MAX_FRAMES);
}

const memberOf = (error: Error, name: string): unknown =>
  name in error ? (error as Error & Record<string, unknown>)[name] : undefined;

const word = (name: string, value: unknown): Readonly<Record<string, string>> =>
  typeof value === 'string' && WORD.test(value) ? { [name]: value } : {};

/** Everything IMS issues is a JWT, and its first part is a JSON object: in base64url it begins with `eyJ`. */
const JWT = /eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_=-]*){0,2}/g;

/** The last safeguard: no caller is meant to log a token, and this removes one that is logged by mistake. */
function scrub(text: string): string {
  return text.replace(JWT, '[redacted]');
}
