import type { AnswerFaultKind } from './answers/answer-faults.ts';

/** What happens at one call of a port. */
export const FAULT_KINDS = ['stop', 'stop-after', 'fail', 'reply-lost', 'twice', 'slow', 'late'] as const;

type PortFaultKind =
  /** The process dies before the call is sent. */
  | 'stop'
  /** The call is done, and the process dies before it sees the answer. */
  | 'stop-after'
  /** The call fails and nothing was done. */
  | 'fail'
  /** The call is done and its answer is lost. */
  | 'reply-lost'
  /** The first answer is lost on the way and the client library sends the call again: the second answer is seen. */
  | 'twice'
  /** The call is done and its answer takes so long that the hard kill is near; IMS's comes after the listening time. */
  | 'slow'
  /** The process dies, and the request it had sent is carried out hours later. */
  | 'late';

/** What happens to one request of an adapter, and to its client library's own retries of it. */
type WireFaultKind =
  | 'stop'
  | 'stop-after'
  /** No connection is made, however often it is tried. */
  | 'unreachable'
  /** Every attempt is carried out, and no answer arrives. */
  | 'lost'
  /** The first answer is lost, and the client library asks again if it may. */
  | 'lost-once'
  | 'throttled'
  | 'denied'
  /** Carried out, and answered with a 5xx. */
  | 'failing'
  /** IMS: carried out, and nothing is heard for the whole listening time. */
  | 'silent'
  /** IMS: carried out, and half of the answer arrives. */
  | 'cut';

export type FaultKind = PortFaultKind | WireFaultKind | AnswerFaultKind;
