import type { Clock } from '../../core/ports/platform.ts';

export interface RememberedOptions<Value> {
  readonly load: () => Promise<Value>;
  /** Only such a value is kept; any other is read again at the next call. */
  readonly worthKeeping: (value: Value) => boolean;
  readonly cacheMs: number;
  /** Whoever asks for a fresh value is content with one that was read for such a request less long ago. Default: nobody is. */
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
  /** A read that nobody had to ask for says nothing of requests for a fresh one. */
  let freshReadAtMs = Number.NEGATIVE_INFINITY;

  const serves = (atMs: number, fresh: boolean): boolean =>
    fresh ? clock.monotonicMs() - freshReadAtMs < freshForMs : clock.monotonicMs() - atMs < cacheMs;

  async function loadAndKeep(): Promise<Value> {
    const value = await load();
    kept = worthKeeping(value) ? { value, atMs: clock.monotonicMs() } : undefined;
    return value;
  }

  return async ({ fresh = false } = {}) => {
    if (kept && serves(kept.atMs, fresh)) return kept.value;
    flight ??= loadAndKeep().finally(() => {
      flight = undefined;
    });
    try {
      const value = await flight;
      if (fresh) freshReadAtMs = clock.monotonicMs();
      return value;
    } catch (error) {
      if (fresh || !kept) throw error;
      return kept.value;
    }
  };
}
