import type { Connection, RefusalEvidence } from '../connection/connection.ts';

export type PostedToken = 'refresh' | 'alternate' | 'previous';

/** In the order in which they get their one try. */
export const FALLBACKS = ['alternate', 'previous'] as const;

export function nextFallback(
  connection: Connection,
  evidence: Pick<RefusalEvidence, 'tried'>,
): 'alternate' | 'previous' | undefined {
  return FALLBACKS.find((name) => connection[name] !== undefined && !evidence.tried.includes(name));
}
