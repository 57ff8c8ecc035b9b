import type { FaultKind } from '../fault-kinds.ts';
import type { FaultyProcess, FaultyProcessOptions, Kill, ProcessEnd } from '../faulty-process.ts';
import { onWireOf, type WireAnswer, type WireCall } from './aws-wire.ts';

const READING =
  /^(DynamoDB\.(GetItem|Query|Scan)|KMS\.\w+|SecretsManager\.GetSecretValue|Scheduler\.Get\w+)#/;
const ANSWER_TIMEOUT_MS = 20_000;

/** All three are one fault to a use case; that each adapter says so is its own tests' matter. So each point meets one of them. */
const NO_SERVICE = ['unreachable', 'throttled', 'failing'] as const;
/** Calls of one kind in a row: shards, tries. What befalls a later one is what befalls the third. */
const ALIKE_FROM = 4;

/** The faults that can befall a request at this point. A death before a request is the same whoever carries it. */
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
  const { clock, timeoutMs, planned, outage = () => undefined } = options;
  const startedAt = clock.monotonicMs();
  const counts = new Map<string, number>();
  const faults = new Map<string, FaultKind | undefined>();
  const points: string[] = [];
  const said: string[] = [];
  const underWay = new Set<Promise<unknown>>();
  const life = { dead: false, struck: false };
  let announceDeath: () => void = () => undefined;
  const death = new Promise<void>((resolve) => {
    announceDeath = resolve;
  });
  const die: Kill = () => {
    life.dead = true;
    announceDeath();
    return new Promise<never>(() => undefined);
  };
  const isOver = () => life.dead || clock.monotonicMs() - startedAt >= timeoutMs;

  /** Scenarios tell the weather at ports: the first update is the claim, those after it are amendments. */
  const weatherAt = (point: string): FaultKind | undefined => {
    const update = Number(/^DynamoDB\.UpdateItem#(\d+)$/.exec(point)?.[1] ?? 0);
    const atPort =
      update > 1 ? `connections.update#${update - 1}` : point.replace('IMS.token', 'ims.refresh');
    const kind = outage(atPort);
    return kind === 'fail' ? 'unreachable' : kind === 'reply-lost' ? 'lost' : kind;
  };

  /** All attempts of one command share its fault. */
  const faultOf = (call: WireCall): FaultKind | undefined => {
    if (call.attempt > 1) return faults.get(call.commandId);
    const number = (counts.get(call.name) ?? 0) + 1;
    counts.set(call.name, number);
    const point = `${call.name}#${number}`;
    points.push(point);
    const isPlanned = planned?.point === point;
    if (isPlanned) life.struck = true;
    const fault = isPlanned ? planned.kind : weatherAt(point);
    faults.set(call.commandId, fault);
    return fault;
  };

  const meet = async (call: WireCall): Promise<WireAnswer> => {
    if (isOver()) return die();
    said.push(call.text);
    const fault = faultOf(call);
    const perform = () => {
      const performed = call.perform();
      underWay.add(performed);
      return performed.finally(() => underWay.delete(performed));
    };
    const answer = await (fault ? strike({ ...call, perform }, fault, die, clock) : perform());
    return isOver() ? die() : answer;
  };

  return {
    points,
    said,
    late: undefined,
    get struck() {
      return life.struck;
    },
    through: (_, port) => port,
    async end<Result>(work: () => Promise<Result>): Promise<ProcessEnd<Result>> {
      const finished = onWireOf(meet, work).then(
        (result) => ({ end: 'returned', result }) as const,
        (fault: unknown) => ({ end: 'threw', fault }) as const,
      );
      const ended = await Promise.race([finished, death.then(() => ({ end: 'died' }) as const)]);
      // Requests that were under way beside the one that ended it still arrive; a frozen process sends no others.
      life.dead = true;
      await Promise.allSettled(underWay);
      return ended;
    },
  };
}

async function strike(
  call: WireCall,
  fault: FaultKind,
  die: Kill,
  clock: FaultyProcessOptions['clock'],
): Promise<WireAnswer> {
  switch (fault) {
    case 'stop':
      return die();
    case 'unreachable':
      throw socketError('ECONNREFUSED');
    case 'throttled':
    case 'denied':
      return call.refuse(fault);
    case 'failing':
      // A gateway gave up on a service that did its part.
      await call.perform();
      return call.refuse(fault);
    case 'stop-after':
      await call.perform();
      return die();
    case 'lost':
      await call.perform();
      throw socketError('ECONNRESET');
    case 'lost-once': {
      const answer = await call.perform();
      if (call.attempt === 1) throw socketError('ECONNRESET');
      return answer;
    }
    case 'silent':
      await call.perform();
      clock.advance(ANSWER_TIMEOUT_MS);
      throw new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    case 'cut': {
      const answer = await call.perform();
      return { ...answer, body: answer.body.subarray(0, Math.floor(answer.body.length / 2)) };
    }
    default:
      throw new TypeError(`No request meets the fault ${fault}.`);
  }
}

/** As node's own request handler of the SDK hands it on: a broken socket is called a timeout. */
function socketError(code: 'ECONNREFUSED' | 'ECONNRESET'): Error {
  const error = Object.assign(new Error(`socket: ${code}`), { code });
  return code === 'ECONNRESET' ? Object.assign(error, { name: 'TimeoutError' }) : error;
}
