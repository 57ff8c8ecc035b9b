import type { Connection } from '../connection/connection.ts';
import { STATE_RULES } from '../connection/connection-states.ts';
import { mintGenerationAfter } from '../connection/generation.ts';

/**
 * A row of an older table as it comes back: under a generation of its own, so that nothing of before can be mistaken for it,
 * and due at once, because its token may have been spent since. That is why a live one is only `suspect`: it proves itself
 * by its next rotation, and its refusal is judged with the usual patience.
 */
export function restoredConnection(row: Connection, nowMs: number, randomBytes: Uint8Array): Connection {
  const {
    lease: _,
    schedule: __,
    evidence: ___,
    nextAttemptAtMs: ____,
    scopePauses: _____,
    lastAnswer: ______,
    heldUntilMs: _______,
    ...kept
  } = row;
  const canRotate = STATE_RULES[row.state].live && row.refresh !== undefined;
  return {
    ...kept,
    generation: mintGenerationAfter(row.generation, nowMs, randomBytes),
    commitIds: [],
    failures: 0,
    dueAtMs: nowMs,
    ...(canRotate && { state: 'suspect', rotateAtMs: nowMs }),
  };
}
