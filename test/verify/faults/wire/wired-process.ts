import {
  type CallFault,
  countPoints,
  type FaultKind,
  type FaultyProcess,
  type FaultyProcessOptions,
  meetFault,
  type Outage,
  startLife,
  type WireFaultKind,
} from '../faulty-process.ts';
import { onWireOf, type WireAnswer, type WireCall } from './aws-wire.ts';

const READING =
  /^(DynamoDB\.(GetItem|Query|Scan)|KMS\.\w+|SecretsManager\.GetSecretValue|Scheduler\.Get\w+)#/;
const ANSWER_TIMEOUT_MS = 20_000;

/** All three are one fault to a use case; that each adapter says so is its own tests' matter. So each point meets one of them. */
const NO_SERVICE = ['unreachable', 'throttled', 'failing'] as const;
/** Calls of one kind in a row: shards, tries. What befalls a later one is what befalls the third. */
const ALIKE_FROM = 4;

/** The faults that can befall a request at this point. A death before a request is the same at a port and on the wire. */
export function wireKindsAt(point: string): readonly FaultKind[] {
  const number = Number(point.split('#')[1]);
  if (point.startsWith('IMS.')) {
    return ['stop-after', 'unreachable', 'lost', 'throttled', 'denied', 'failing', 'silent', 'cut'];
  }
  const either = ['denied', 'lost-once', NO_SERVICE[number % NO_SERVICE.length] ?? 'failing'] as const;
  if (number >= ALIKE_FROM) return [];
  return READING.test(point) ? either : [...either, 'stop-after', 'lost'];
}

/**
 * One run of a function whose adapters are the real ones: every request that leaves it is a point. The ports are left as
 * they are; what a fault means is for the adapters to say.
 */
export function createWiredProcess(options: FaultyProcessOptions): FaultyProcess {
  const { clock, planned, outage = () => undefined } = options;
  const life = startLife(options);
  const points = countPoints({ ...(planned && { planned }), outage: (point) => outageAtWire(outage, point) });
  const faultOfCommand = new Map<string, FaultKind | undefined>();
  const said: string[] = [];
  const underWay = new Set<Promise<unknown>>();

  const faults: Readonly<Record<WireFaultKind, CallFault<WireCall, WireAnswer>>> = {
    ...WIRE_FAULTS,
    silent: {
      after() {
        clock.advance(ANSWER_TIMEOUT_MS);
        throw new DOMException('The operation was aborted due to timeout', 'TimeoutError');
      },
    },
  };

  /** All tries of one command share its fault. */
  const faultOf = ({ attempt, commandId, name }: WireCall): FaultKind | undefined => {
    if (attempt === 1) faultOfCommand.set(commandId, points.faultAt(name));
    return faultOfCommand.get(commandId);
  };

  const meet = async (call: WireCall): Promise<WireAnswer> => {
    if (life.isOver()) return life.die();
    said.push(call.text);
    const kind = faultOf(call);
    const send = () => {
      const sent = call.send();
      underWay.add(sent);
      return sent.finally(() => underWay.delete(sent));
    };
    const faulty = kind && meetFault({ ...call, send }, faults[kind as WireFaultKind], life.die);
    return life.alive(await (faulty ?? send()));
  };

  return {
    points: points.points,
    said,
    get metPlannedFault() {
      return points.metPlannedFault;
    },
    through: (_, port) => port,
    async end<Result>(work: () => Promise<Result>) {
      const ended = await life.end(() => onWireOf(meet, work));
      // Requests that were under way next to the one that ended it still arrive; a frozen process sends no others.
      void life.die();
      await Promise.allSettled(underWay);
      return ended;
    },
  };
}

/** Scenarios name an outage at ports: the first update is the claim, those after it are `connections.update`. */
function outageAtWire(outage: Outage, point: string): FaultKind | undefined {
  const update = Number(/^DynamoDB\.UpdateItem#(\d+)$/.exec(point)?.[1] ?? 0);
  const kind = outage(
    update > 1 ? `connections.update#${update - 1}` : point.replace('IMS.token', 'ims.refresh'),
  );
  return kind === 'fail' ? 'unreachable' : kind === 'reply-lost' ? 'lost' : kind;
}

const WIRE_FAULTS: Readonly<Record<Exclude<WireFaultKind, 'silent'>, CallFault<WireCall, WireAnswer>>> = {
  stop: { instead: (_, die) => die() },
  'stop-after': { after: (_, die) => die() },
  unreachable: { instead: () => failSocket('ECONNREFUSED') },
  lost: { after: () => failSocket('ECONNRESET') },
  'lost-once': { after: ({ attempt }, _, answer) => (attempt === 1 ? failSocket('ECONNRESET') : answer) },
  throttled: { instead: (call) => call.refuse('throttled') },
  denied: { instead: (call) => call.refuse('denied') },
  // A gateway gave up on a service that did its part.
  failing: { after: (call) => call.refuse('failing') },
  cut: {
    after: (_call, _die, answer) => ({
      ...answer,
      body: answer.body.subarray(0, Math.floor(answer.body.length / 2)),
    }),
  },
};

/** As node's own request handler of the SDK hands it on: a broken socket is called a timeout. */
function failSocket(code: 'ECONNREFUSED' | 'ECONNRESET'): never {
  const error = Object.assign(new Error(`socket: ${code}`), { code });
  throw code === 'ECONNRESET' ? Object.assign(error, { name: 'TimeoutError' }) : error;
}
