import type { Clock } from '../../core/ports/clock.ts';

export interface RememberedOptions<Value> {
  readonly load: () => Promise<Value>;
  /** Only such a value is kept; any other is read again at the next call. */
  readonly worthKeeping: (value: Value) => boolean;
  readonly cacheMs: number;
  /** What was read less long ago than this is fresh enough for whoever asks for a fresh one. Default: nothing is. */
  readonly freshForMs?: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

export type ReadRemembered<Value> = (options?: { fresh?: boolean }) => Promise<Value>;

/**
 * Keeps a value for a while. Callers that come together share one read, and while a read fails the last known value still
 * serves whoever did not ask for a fresh one.
 */
export function remembered<Value>(options: RememberedOptions<Value>): ReadRemembered<Value> {
  const { load, worthKeeping, cacheMs, freshForMs = 0, clock } = options;
  let kept: { readonly value: Value; readonly atMs: number } | undefined;
  let flight: Promise<Value> | undefined;

  async function loadAndKeep(): Promise<Value> {
    const value = await load();
    kept = worthKeeping(value) ? { value, atMs: clock.monotonicMs() } : undefined;
    return value;
  }

  return async ({ fresh = false } = {}) => {
    if (kept && clock.monotonicMs() - kept.atMs < (fresh ? freshForMs : cacheMs)) return kept.value;
    flight ??= loadAndKeep().finally(() => {
      flight = undefined;
    });
    try {
      return await flight;
    } catch (fault) {
      if (fresh || !kept) throw fault;
      return kept.value;
    }
  };
}
