import { describe, expect, it } from 'vitest';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';

const requirement = { scopeSet: '*', minTtlSeconds: 300 };

describe('A rotator that died between its commit and its publish', () => {
  it('keeps the next vend waiting just until its publish cannot come any more', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect({ rotatedAtMs: bench.clock.nowMs() - 4_000 });
    const asked = await bench.rotate({ connectionId, trigger: 'vend', requirement });
    // Told sooner, a vend would use up its asks in vain and answer 503 in the end.
    expect(asked).toEqual({ outcome: 'busy', retryAfterMs: 11_000 });
    bench.clock.advance(11_000);
    expect(await bench.rotate({ connectionId, trigger: 'vend', requirement })).toEqual({
      outcome: 'rotated',
    });
    expect(bench.ims.ledger.posts).toHaveLength(1);
  });
});
