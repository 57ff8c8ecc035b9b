import * as v from 'valibot';
import type { ConnectionState } from '../../client/contract.ts';
import { type HttpEvent, queryParameters, repeatedParameter } from '../adapters/http/http-event.ts';
import { isConnectionId } from '../core/connection/connection-id.ts';
import { STATE_RULES } from '../core/connection/connection-states.ts';
import type { ListPosition, ListRequest } from '../core/connection/read-connections.ts';
import { defined } from '../core/defined.ts';

const PARAMETERS = ['state', 'at_risk_within', 'limit', 'cursor'];
const STATES = Object.keys(STATE_RULES) as ConnectionState[];
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 200;
const HOUR_MS = 3_600_000;
const UNITS_MS = { h: HOUR_MS, d: 24 * HOUR_MS } as const;
/** No refresh token is believed to live longer. */
const LONGEST_MS = 400 * UNITS_MS.d;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const id = v.custom<string>(isConnectionId);
const position = v.variant('list', [
  v.strictObject({ list: v.literal('all'), after: id }),
  v.strictObject({
    list: v.literal('expiring'),
    expiresByMs: count,
    shard: count,
    after: v.exactOptional(v.strictObject({ connectionId: id, dueAtMs: count })),
  }),
]);

/** The request, or a sentence that says what is wrong with it. */
export function readListRequest(event: HttpEvent): ListRequest | string {
  const query = queryParameters(event);
  const repeated = repeatedParameter(query, PARAMETERS);
  if (repeated !== undefined) return `${repeated} must be given once.`;
  const limit = Number(query.get('limit') ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) return `limit must be 1 to ${MAX_LIMIT}.`;
  const state = readState(query.get('state'));
  if (state === 'unknown') return `state must be one of ${STATES.join(', ')}.`;
  const atRiskWithinMs = readDurationMs(query.get('at_risk_within'));
  if (Number.isNaN(atRiskWithinMs)) return 'at_risk_within must be hours or days, such as 72h or 3d.';
  const from = readCursor(query.get('cursor'));
  if (from === 'unreadable' || (from && (from.list === 'expiring') !== (atRiskWithinMs !== undefined))) {
    return 'cursor must be the nextCursor of a response to the same query.';
  }
  return {
    limit,
    ...defined({ state, atRiskWithinMs }),
    ...(from && { from }),
  };
}

/** Positions are not secret, but clients must not build them. */
export function cursorOf(next: ListPosition): string {
  return Buffer.from(JSON.stringify(next)).toString('base64url');
}

function readState(text: string | null): ConnectionState | 'unknown' | undefined {
  return text === null ? undefined : (STATES.find((state) => state === text) ?? 'unknown');
}

function readDurationMs(text: string | null): number | undefined {
  if (text === null) return undefined;
  const [, amount, unit] = /^(\d{1,4})(h|d)$/.exec(text) ?? [];
  const ms = Number(amount) * (unit === 'd' ? UNITS_MS.d : UNITS_MS.h);
  return ms <= LONGEST_MS ? ms : Number.NaN;
}

function readCursor(text: string | null): ListPosition | 'unreadable' | undefined {
  if (text === null) return undefined;
  try {
    const parsed = v.safeParse(position, JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    return parsed.success ? parsed.output : 'unreadable';
  } catch {
    return 'unreadable';
  }
}
