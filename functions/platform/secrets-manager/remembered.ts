import type { Clock } from '../../core/ports/clock.ts';

export interface RememberedOptions<Value> {
  readonly load: () => Promise<Value>;
  /** Only such a value is kept; any other is read again at the next call. */
  readonly worthKeeping: (value: Value) => boolean;
  readonly cacheMs: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

export type ReadRemembered<Value> = (options?: { fresh?: boolean }) => Promise<Value>;

/**
 * Keeps a value for a while. Callers that come together share one read, and while a read fails the last known value still
 * serves whoever did not ask for a fresh one.
 */
export function remembered<Value>(options: RememberedOptions<Value>): ReadRemembered<Value> {
  const { load, worthKeeping, cacheMs, clock } = options;
  let kept: { readonly value: Value; readonly atMs: number } | undefined;
  let flight: Promise<Value> | undefined;

  async function loadAndKeep(): Promise<Value> {
    const value = await load();
    kept = worthKeeping(value) ? { value, atMs: clock.monotonicMs() } : undefined;
    return value;
  }

  return async ({ fresh = false } = {}) => {
    if (!fresh && kept && clock.monotonicMs() - kept.atMs < cacheMs) return kept.value;
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
