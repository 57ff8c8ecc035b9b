import type { AwsCall } from '../../../../local/aws/aws-call.ts';
import type { ImsFault } from '../../../../local/ims/faults.ts';
import { userOf } from './race-log.ts';
import type { RaceImsFault, RacePlan } from './race-plan.ts';
import type { PreparedRace } from './race-start.ts';
import type { RaceWorld } from './race-world.ts';

const SLOW_MS = 150;
const ALWAYS = Number.MAX_SAFE_INTEGER;

const IMS_FAULTS: Readonly<Record<RaceImsFault, ImsFault>> = {
  'cut-after-commit': { kind: 'cut-after-commit' },
  'cut-before-processing': { kind: 'cut-before-processing' },
  'cut-within-answer': { kind: 'cut-within-answer' },
  unavailable: { kind: 'unavailable' },
  'unavailable-after-commit': { kind: 'unavailable', afterCommit: true },
  slow: { kind: 'slow', delayMs: SLOW_MS },
  'slow-before': { kind: 'slow', delayMs: SLOW_MS, before: true },
};

/** Lays out what will go wrong for one run: at the stand-ins, and for its calls alone. */
export function layFaults(world: RaceWorld, { connectionId, plan }: PreparedRace): void {
  const { faults } = world.stack;
  const log = world.logOf(connectionId);
  const isOurs = (call: AwsCall): boolean => connectionOfCall(call) === connectionId;
  const { imsFault, tableFault } = plan;
  if (imsFault) {
    const when = () => {
      log.faultsMet.push(imsFault);
      return true;
    };
    const filter = { user: userOf(connectionId, 'owner'), grantType: 'refresh_token', when } as const;
    world.ims.faults.next(IMS_FAULTS[imsFault], filter);
  }
  if (tableFault) {
    let writes = 0;
    const isTheOne = (call: AwsCall): boolean => {
      if (!WRITES.includes(call.operation) || !isOurs(call)) return false;
      writes += 1;
      if (writes === tableFault.write) log.faultsMet.push(`${tableFault.effect} ${call.operation}`);
      return writes === tableFault.write;
    };
    faults.next({ service: 'dynamodb', when: isTheOne, effect: { kind: tableFault.effect } });
  }
  layJitter(world, plan, isOurs);
}

const WRITES = ['PutItem', 'UpdateItem'];

function layJitter(
  { stack: { faults } }: RaceWorld,
  plan: RacePlan,
  isOurs: (call: AwsCall) => boolean,
): void {
  const { share, storeReadMs, storeWriteMs, keyMs, schedulerMs } = plan.jitter;
  const chance = chances(plan.seed);
  const slow = (service: string, delayMs: number, isMeant: (call: AwsCall) => boolean = () => true): void =>
    faults.next({
      service,
      when: (call) => isMeant(call) && isOurs(call) && chance() < share,
      times: ALWAYS,
      effect: { kind: 'delay', delayMs },
    });
  slow('dynamodb', storeReadMs, ({ operation }) => operation === 'GetItem');
  slow('dynamodb', storeWriteMs, ({ operation }) => WRITES.includes(operation));
  slow('kms', keyMs);
  slow('scheduler', schedulerMs);
}

/** The rotator that works on the connection is ended some moments after IMS saw its first post. */
export function layKill(world: RaceWorld, { connectionId, plan: { kill } }: PreparedRace): void {
  if (!kill) return;
  let isLaid = true;
  world.onPost((owner) => {
    if (owner !== connectionId || !isLaid) return;
    isLaid = false;
    setTimeout(() => void killNow(world, connectionId), kill.afterPostMs);
  });
}

async function killNow(world: RaceWorld, connectionId: string): Promise<void> {
  const killed = await world.stack.kill('rotate', (event) => namedIn(event) === connectionId);
  if (killed > 0) world.logOf(connectionId).faultsMet.push(`kill of ${killed}`);
}

function namedIn(event: unknown): unknown {
  return typeof event === 'object' && event !== null && 'connectionId' in event
    ? event.connectionId
    : undefined;
}

interface NamingInput {
  readonly Key?: { readonly connectionId?: { readonly S?: string } };
  readonly Item?: { readonly connectionId?: { readonly S?: string } };
  readonly EncryptionContext?: { readonly connection?: string };
  readonly Target?: { readonly Input?: string };
}

/** Whose call it is, where the call says so. */
function connectionOfCall(call: AwsCall): string | undefined {
  const { Key, Item, EncryptionContext, Target } = call.json() as NamingInput;
  if (Target?.Input !== undefined) return String(namedIn(JSON.parse(Target.Input)));
  return Key?.connectionId?.S ?? Item?.connectionId?.S ?? EncryptionContext?.connection;
}

/** The same chances for the same seed (mulberry32). */
function chances(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
