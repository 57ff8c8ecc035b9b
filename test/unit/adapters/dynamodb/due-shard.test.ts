import { describe, expect, test } from 'vitest';
import { DUE_SHARDS, dueShardOf } from '../../../../functions/adapters/dynamodb/connection-item.ts';

describe('the due time shard of a connection', () => {
  // The first byte of its SHA-256. Another hash would hide every stored due time from the reconciler.
  test.each([
    ['acme.user-42', 0xe1 % 16],
    ['adobe-abc', 0xcc % 16],
  ])('of %s never changes', (connectionId, shard) => {
    expect(dueShardOf(connectionId)).toBe(shard);
  });

  test('spreads connections over all shards evenly', () => {
    const sizes = new Array<number>(DUE_SHARDS).fill(0);
    for (let at = 0; at < 16_000; at += 1) {
      const shard = dueShardOf(`acme.user-${at}`);
      sizes[shard] = (sizes[shard] ?? 0) + 1;
    }
    expect(Math.min(...sizes)).toBeGreaterThan(850);
    expect(Math.max(...sizes)).toBeLessThan(1_150);
  });
});
