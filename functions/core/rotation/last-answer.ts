import { hash } from 'node:crypto';
import type { Connection, LastAnswer } from '../connection/connection.ts';
import { defined } from '../defined.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../time-units.ts';

/**
 * How much a connection's next answer says about the fleet. `normal`: as much as any. `shared-doubt`: its previous attempt
 * failed too, perhaps with many others. `own-fault`: nothing, because the fault is this connection's own.
 */
export type Standing = 'normal' | 'shared-doubt' | 'own-fault';

/** How long a trial of a breaker is left to connections that say more. */
const TRIAL_DELAY_MS: Readonly<Record<Standing, number>> = {
  normal: 0,
  'shared-doubt': MINUTE_MS,
  'own-fault': HOUR_MS,
};
const LAST_CHANCE_MS = { earliest: DAY_MS, latest: 6 * HOUR_MS };

export function standingOf(connection: Pick<Connection, 'degraded' | 'lastAnswer' | 'state'>): Standing {
  const { degraded, lastAnswer, state } = connection;
  if (degraded || lastAnswer?.alone || state === 'needs-reauthorization') return 'own-fault';
  return lastAnswer ? 'shared-doubt' : 'normal';
}

export function trialDelayMs(standing: Standing): number {
  return TRIAL_DELAY_MS[standing];
}

/** Known codes are shorter. Each connection stores one, and the breakers store twenty. */
const LONGEST_CODE = 64;

export function boundedCode(code: string | undefined): string | undefined {
  return code?.slice(0, LONGEST_CODE);
}

/** What is remembered of one more such answer. */
export function nextLastAnswer(
  before: LastAnswer | undefined,
  { kind, code, early }: Pick<LastAnswer, 'kind'> & Partial<Pick<LastAnswer, 'code' | 'early'>>,
  isFleetInTrouble: boolean,
  nowMs: number,
): LastAnswer {
  const again = before?.kind === kind ? before : undefined;
  const isOwnFault = kind === 'odd' || kind === 'throttled' || (again !== undefined && !isFleetInTrouble);
  return {
    kind,
    sinceMs: again?.sinceMs ?? nowMs,
    atMs: nowMs,
    alone: isOwnFault || again?.alone === true,
    ...defined({ code: boundedCode(code) }),
    ...(early && { early }),
  };
}

/**
 * Whether this is the one try that a connection gets before its refresh token expires, whatever a breaker says. The
 * moment lies between a day and six hours before the expiry, by a hash of the id, so that connections that expire
 * together do not try together.
 */
export function isLastChance(
  { connectionId, refreshExpiresAtMs, lastAnswer }: Connection,
  nowMs: number,
): boolean {
  const { earliest, latest } = LAST_CHANCE_MS;
  const aheadMs = latest + (earliest - latest) * shareOf(connectionId);
  const fromMs = refreshExpiresAtMs === undefined ? nowMs - DAY_MS : refreshExpiresAtMs - aheadMs;
  const hadIt =
    lastAnswer !== undefined &&
    (lastAnswer.kind === 'credential-refused' || lastAnswer.kind === 'odd') &&
    lastAnswer.atMs >= fromMs;
  return nowMs >= fromMs && !hadIt;
}

/** A number in [0, 1) that is always the same for one connection. */
function shareOf(connectionId: string): number {
  return hash('sha256', `last chance ${connectionId}`, 'buffer').readUInt32BE(0) / 2 ** 32;
}
