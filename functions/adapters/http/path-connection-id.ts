import { isConnectionId } from '../../core/connection/connection-id.ts';
import type { HttpEvent } from './http-event.ts';

/**
 * The connectionId of a tenant route. It is taken from the path alone, because the path is what IAM has judged.
 * Absent when it is not a connectionId.
 */
export function pathConnectionId(event: HttpEvent): string | undefined {
  const value = event.pathParameters?.connectionId;
  return isConnectionId(value) ? value : undefined;
}
