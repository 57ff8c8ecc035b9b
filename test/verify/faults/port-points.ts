import { FAULT_KINDS, type FaultKind } from './fault-kinds.ts';

/** Methods that change nothing: there is nothing to be done without an answer, or late. */
const READING = new Set([
  'read',
  'find',
  'open',
  'prepare',
  'connectionIdsOf',
  'overdue',
  'readSession',
  'sleep',
]);

/** The faults that can befall the call of a port at this point. */
export function portKindsAt(point: string): readonly FaultKind[] {
  const method = point.replace(/#\d+$/, '').split('.').at(-1) ?? '';
  if (point.startsWith('clock.')) return ['stop'];
  if (READING.has(method)) return ['stop', 'fail', 'slow'];
  // A post that IMS carries out hours after its sender died is beyond what any lease can promise; its client never repeats.
  return point.startsWith('ims.')
    ? FAULT_KINDS.filter((kind) => kind !== 'late' && kind !== 'twice')
    : FAULT_KINDS;
}
