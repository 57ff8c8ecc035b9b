import { hash } from 'node:crypto';

/** Partitions of the sparse index `due`: enough that no fleet of one vault heats one of them. */
export const DUE_SHARDS = 16;

/** The partition of a connection; never changes for an id. */
export function dueShardOf(connectionId: string): number {
  return hash('sha256', connectionId, 'buffer').readUInt8(0) % DUE_SHARDS;
}
