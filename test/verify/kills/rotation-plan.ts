import { createSeededRandom } from '../../support/fakes/seeded-random.ts';

/** What the stand-ins see of one rotation, in the order of an undisturbed one. */
export type RotationMoment =
  | 'invoked'
  | 'began'
  | 'arrived'
  | 'consumed'
  | 'answered'
  | 'stored'
  | 'acknowledged'
  | 'returned';

/** Waiting that the stand-ins add on purpose, in real milliseconds. */
export interface Latency {
  /** IMS, before it consumes the token. */
  readonly thinkMs: number;
  /** IMS, between consuming the token and answering. */
  readonly deliverMs: number;
  /** DynamoDB, before it stores the commit. */
  readonly storeMs: number;
  /** DynamoDB, between storing the commit and acknowledging it. */
  readonly acknowledgeMs: number;
  /** DynamoDB refuses the commit until the successor is parked. */
  readonly outage: boolean;
}

export const NO_LATENCY: Latency = {
  thinkMs: 0,
  deliverMs: 0,
  storeMs: 0,
  acknowledgeMs: 0,
  outage: false,
};

/** The worker is ended this long after the stand-ins have seen a moment. */
export interface PlannedKill {
  readonly after: RotationMoment;
  readonly delayMs: number;
}

export interface RotationPlan {
  readonly trigger: 'vend' | 'operator';
  readonly latency: Latency;
  /** Absent in a control. */
  readonly kill?: PlannedKill;
  /** A caller asks for a token as soon as a dead holder's lease has ended, not only hours later. */
  readonly askedSoon: boolean;
}

export interface PlanOptions {
  readonly seed: number;
  /** The share of rotations with a planned kill. */
  readonly killShare: number;
  readonly outageShare: number;
}

/** Ordinary lengths on a busy machine; a kill planned in one stretch may fall into the next, and that is as well. */
const LENGTHS_MS = { start: 100, prepare: 60, transfer: 5, commit: 15, publish: 50, afterwards: 20 };
/** A commit is retried for 8 s before it is parked. */
const OUTAGE_MS = 8_500;
const LONGEST_WAIT_MS = 250;

/** How one rotation goes and when its worker dies: the same for the same seed, mode, connection and round. */
export function planRotation(options: PlanOptions, ...place: readonly (string | number)[]): RotationPlan {
  const next = createSeededShares([options.seed, ...place].join(':'));
  const latency = drawLatency(next, next() < options.outageShare);
  const kill = next() < options.killShare ? drawKill(next, latency) : undefined;
  return {
    trigger: next() < 0.5 ? 'vend' : 'operator',
    askedSoon: next() < 0.35,
    latency,
    ...(kill && { kill }),
  };
}

export function drawLatency(next: () => number, outage: boolean): Latency {
  const ims = next() < 0.4 ? 'thinkMs' : 'deliverMs';
  const store = next() < 0.6 ? 'storeMs' : 'acknowledgeMs';
  const wait = () => Math.round(10 + next() * (LONGEST_WAIT_MS - 10));
  return { ...NO_LATENCY, [ims]: wait(), ...(outage ? { outage } : { [store]: wait() }) };
}

/** Uniform over the whole life, from the invocation to just after the answer. */
function drawKill(next: () => number, latency: Latency): PlannedKill {
  const stretches = stretchesOf(latency);
  const wholeMs = stretches.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
  let atMs = next() * wholeMs;
  for (const { after, lengthMs } of stretches) {
    if (atMs < lengthMs) return { after, delayMs: Math.round(atMs * 10) / 10 };
    atMs -= lengthMs;
  }
  return { after: 'returned', delayMs: 0 };
}

function stretchesOf(latency: Latency): readonly { after: RotationMoment; lengthMs: number }[] {
  const { thinkMs, deliverMs, storeMs, acknowledgeMs, outage } = latency;
  const { start, prepare, transfer, commit, publish, afterwards } = LENGTHS_MS;
  return [
    { after: 'invoked', lengthMs: start },
    { after: 'began', lengthMs: prepare },
    { after: 'arrived', lengthMs: thinkMs + transfer },
    { after: 'consumed', lengthMs: deliverMs + transfer },
    { after: 'answered', lengthMs: outage ? OUTAGE_MS : storeMs + commit },
    { after: 'stored', lengthMs: acknowledgeMs + transfer },
    { after: 'acknowledged', lengthMs: publish },
    { after: 'returned', lengthMs: afterwards },
  ];
}

/** Numbers in [0, 1), the same for the same seed. */
export function createSeededShares(seed: string): () => number {
  const random = createSeededRandom(seed);
  return () => Buffer.from(random.bytes(4)).readUInt32BE(0) / 2 ** 32;
}
