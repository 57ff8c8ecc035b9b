import * as v from 'valibot';
import { isConnectionId } from '../core/connection/connection-id.ts';
import type { Deadline } from '../core/deadline.ts';
import type { ResealConnection } from '../core/reseal/reseal-connection.ts';
import { readParkedInput } from '../core/rotation/parked-successor.ts';
import type { RotateOutcome, RotateRequest } from '../core/rotation/rotate-request.ts';
import { FUNCTION_TIMEOUT_MS } from '../core/rotation/time-budget.ts';

/** Left for the answer, so that our own deadline always comes before Lambda's kill. */
const RESERVE_MS = 1_000;

const requirement = v.object({
  scopeSet: v.pipe(v.string(), v.nonEmpty(), v.maxLength(2_048)),
  minTtlSeconds: v.pipe(v.number(), v.minValue(0), v.finite()),
  rejected: v.optional(v.object({ generation: v.string(), version: v.pipe(v.number(), v.integer()) })),
});

const event = v.object({
  connectionId: v.pipe(
    v.string(),
    v.check((id) => isConnectionId(id)),
  ),
  trigger: v.optional(
    v.picklist(['schedule', 'vend', 'disconnect', 'operator', 'canary', 'revoke-access']),
    'schedule',
  ),
  requirement: v.optional(requirement),
});

/** After the KMS keys were replaced. */
const resealEvent = v.object({
  ...event.entries,
  trigger: v.literal('reseal'),
  requirement: v.optional(v.undefined()),
});

/** What a schedule may ask for. It names no trigger, or the canary's. */
const scheduledEvent = v.strictObject({
  connectionId: event.entries.connectionId,
  trigger: v.optional(v.picklist(['schedule', 'canary']), 'schedule'),
});

export interface RotateEventDeps {
  readonly rotate: (request: RotateRequest, deadline: Deadline) => Promise<RotateOutcome>;
  readonly reseal: ResealConnection;
  readonly startDeadline: (remainingMs: number) => Deadline;
  /** The alias that Scheduler's role may invoke, and no other. */
  readonly scheduleTargetArn: string;
  /** The one connection that a schedule may rotate before it is due. `-` where there is none: no id begins with it. */
  readonly canaryConnectionId: string;
}

export interface RotateInvocation {
  readonly remainingMs: number;
  /** As Lambda's context states it: with the alias, where one was invoked. */
  readonly invokedArn: string;
}

/**
 * Events of a schedule (`{ connectionId }`), of a parked successor's schedule, of the vault's other functions, and of
 * operators.
 */
export function createRotateEvent(deps: RotateEventDeps) {
  const { rotate, reseal, startDeadline } = deps;
  return (
    input: unknown,
    { remainingMs, invokedArn }: RotateInvocation,
  ): Promise<RotateOutcome | Awaited<ReturnType<ResealConnection>>> => {
    const budgetMs = Math.min(remainingMs, FUNCTION_TIMEOUT_MS) - RESERVE_MS;
    if (aliasOf(invokedArn) === aliasOf(deps.scheduleTargetArn)) {
      return rotate(readScheduledRequest(input, deps.canaryConnectionId), startDeadline(budgetMs));
    }
    const resealed = v.safeParse(resealEvent, input);
    if (resealed.success) return reseal(resealed.output.connectionId);
    return rotate(readRequest(input), startDeadline(budgetMs));
  };
}

/** `arn:aws:lambda:region:account:function:name:alias`; undefined without an alias. */
function aliasOf(functionArn: string): string | undefined {
  return functionArn.split(':')[7];
}

/**
 * Every caller that may create a schedule can write its input, so the input cannot ask for what only an operator or
 * another function may ask for. Throws `TypeError` like `readRequest`.
 */
function readScheduledRequest(input: unknown, canaryConnectionId: string): RotateRequest {
  const parked = readParkedInput(input);
  if (parked) return { connectionId: parked.connectionId, trigger: 'parked', parked };
  const result = v.safeParse(scheduledEvent, input);
  if (!result.success) throw new TypeError('The event is not one that a schedule may send.');
  const { connectionId, trigger } = result.output;
  if (trigger === 'canary' && connectionId !== canaryConnectionId) {
    throw new TypeError('A schedule may only rotate the canary connection before it is due.');
  }
  return result.output;
}

/** Throws `TypeError` without the event's content: a malformed event goes to the dead-letter queue, not into a log. */
export function readRequest(input: unknown): RotateRequest {
  const parked = readParkedInput(input);
  if (parked) return { connectionId: parked.connectionId, trigger: 'parked', parked };
  const result = v.safeParse(event, input);
  if (!result.success) throw new TypeError('The event is not a rotation request.');
  const { requirement: asked, ...request } = result.output;
  if (asked === undefined) return request;
  const { rejected, ...required } = asked;
  return { ...request, requirement: { ...required, ...(rejected && { rejected }) } };
}
