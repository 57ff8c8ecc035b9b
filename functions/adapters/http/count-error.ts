import type { Telemetry } from '../../core/ports/events.ts';
import type { HttpContext } from './http-event.ts';

/** A fault by the version that met it, so that a deployment can tell a bad new version from a bad hour. */
export function countError(telemetry: Telemetry, { functionName, functionVersion }: HttpContext): void {
  if (functionName === undefined || functionVersion === undefined) return;
  telemetry.measure('ErrorsOfVersion', 1, 'Count', { function: functionName, version: functionVersion });
}
