/** Wall time and waiting. Deadlines use the monotonic clock, never differences of wall time. */
export interface Clock {
  /** Epoch milliseconds. */
  nowMs(): number;
  /** Milliseconds on a clock that never jumps. */
  monotonicMs(): number;
  sleep(durationMs: number): Promise<void>;
}

/** Cryptographically strong randomness. */
export interface Random {
  bytes(length: number): Uint8Array;
}
