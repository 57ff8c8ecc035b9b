import type { AwsCall } from '../../../local/aws/aws-call.ts';
import type { ImsRequest } from '../../../local/ims/request.ts';

/** What a function may ask for before it knows whose attempt it is, or who calls. */
const HARMLESS = ['GetItem', 'BatchGetItem', 'Query', 'Scan', 'GetSecretValue'];
const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'TransactWriteItems'];

export interface EarlyEffect {
  readonly isWrite: boolean;
  readonly what: string;
  /** Requests under way at that moment, by index: one of them did it. */
  readonly suspects: readonly number[];
}

/** `unwatched`: honest requests prepare the next hostile ones. */
type FuzzPhase = 'unwatched' | 'quiet' | 'acting';

export interface EarlyEffectsDeps {
  /** Names of the roles of the functions that must never write, and of the one that may once cookie and state agree. */
  readonly authorizeRole: string;
  readonly callbackRole: string;
  /** The one that knows whether a connection is there: it asks for a rotation only of what it brought in. */
  readonly importRole: string;
  /** `state#…` items that may be put: of attempts whose cookie and state are sent together now. */
  readonly agreedKeys: ReadonlySet<string>;
  readonly inFlight: () => readonly number[];
}

/**
 * Watches the stand-ins. While it is quiet, no request is under way that may have an effect: cookie and state do not agree,
 * or nobody with the right to has signed. Calls count as they arrive, whether or not they succeed.
 */
export function createEarlyEffects(deps: EarlyEffectsDeps) {
  const { authorizeRole, callbackRole, importRole, agreedKeys, inFlight } = deps;
  const effects: EarlyEffect[] = [];
  let phase: FuzzPhase = 'unwatched';

  const note = (isWrite: boolean, what: string): void =>
    void effects.push({ isWrite, what, suspects: inFlight() });

  const judgeCall = (call: AwsCall): void => {
    const { service, operation, caller } = call;
    if (phase === 'unwatched' || HARMLESS.includes(operation)) return;
    // Whether a connection is there is for the rotator to say, which only reads when it is not.
    if (operation === 'Invoke' && ![authorizeRole, callbackRole, importRole].includes(caller.roleName))
      return;
    const isWrite = WRITES.includes(operation);
    const what = `${caller.roleName} called ${service}:${operation}`;
    if (phase === 'quiet') note(isWrite, `${what} although no request gave a reason`);
    else if (caller.roleName === authorizeRole) note(isWrite, `${what}, which only reads`);
    else if (caller.roleName === callbackRole && operation === 'PutItem') judgeConsume(call, what);
  };

  const judgeConsume = (call: AwsCall, what: string): void => {
    const { Item } = call.json() as { Item?: { key?: { S?: string } } };
    const key = Item?.key?.S;
    if (key?.startsWith('state#') && !agreedKeys.has(key))
      note(true, `${what} for a state that nobody proved`);
  };

  return {
    judgeCall,
    judgePost({ path }: Pick<ImsRequest, 'path'>): void {
      if (phase === 'quiet' && path.startsWith('/ims/token/'))
        note(false, 'a code was exchanged before cookie and state agreed');
    },
    enter(next: FuzzPhase): void {
      phase = next;
    },
    /** What was seen since this was last asked. */
    take: (): readonly EarlyEffect[] => effects.splice(0),
  };
}
