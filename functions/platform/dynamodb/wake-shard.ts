import { hash } from 'node:crypto';

/** Partitions of the sparse index `wake`: enough that no fleet of one vault heats one of them. */
export const WAKE_SHARDS = 16;

/** The partition of a connection; never changes for an id. */
export function wakeShardOf(connectionId: string): number {
  return hash('sha256', connectionId, 'buffer').readUInt8(0) % WAKE_SHARDS;
}
