import type { AwsCall } from '../../../local/aws/aws-call.ts';
import type { ImsRequest } from '../../../local/ims/request.ts';
import { type FuzzRequest, headersOf, targetOf } from './fuzz-request.ts';
import { cookieNameIn, type Material, type Transaction } from './material.ts';

/** What a function may ask for before it knows whose transaction it is, or who calls. */
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
  /** `state#…` items that may be put: of transactions whose cookie and state are sent together now. */
  readonly agreedKeys: ReadonlySet<string>;
  readonly inFlight: () => readonly number[];
}

/**
 * Watches the stand-ins. While it is quiet, no request is under way that may have an effect: cookie and state do not agree,
 * or no signature gives the right to one. Calls count as they arrive, whether or not they succeed.
 */
export function createEarlyEffects(deps: EarlyEffectsDeps) {
  const { authorizeRole, callbackRole, importRole, agreedKeys, inFlight } = deps;
  const effects: EarlyEffect[] = [];
  let phase: FuzzPhase = 'unwatched';

  const note = (isWrite: boolean, what: string): void =>
    void effects.push({ isWrite, what, suspects: inFlight() });

  const checkCall = (call: AwsCall): void => {
    const { service, operation, caller } = call;
    if (phase === 'unwatched' || HARMLESS.includes(operation)) return;
    // Whether a connection is there is for the rotator to say, which only reads when it is not.
    if (operation === 'Invoke' && ![authorizeRole, callbackRole, importRole].includes(caller.roleName))
      return;
    const isWrite = WRITES.includes(operation);
    const what = `${caller.roleName} called ${service}:${operation}`;
    if (phase === 'quiet') note(isWrite, `${what} although no request gave a reason`);
    else if (caller.roleName === authorizeRole) note(isWrite, `${what}, which only reads`);
    else if (caller.roleName === callbackRole && operation === 'PutItem') checkConsume(call, what);
  };

  const checkConsume = (call: AwsCall, what: string): void => {
    const { Item } = call.json() as { Item?: { key?: { S?: string } } };
    const key = Item?.key?.S;
    if (key?.startsWith('state#') && !agreedKeys.has(key))
      note(true, `${what} for a state without its cookie`);
  };

  return {
    checkCall,
    checkPost({ path }: Pick<ImsRequest, 'path'>): void {
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

/**
 * Whether a request may have an effect, decided from the request alone and never by the product: when in doubt it may not,
 * except for signed calls, where the doubt is about IAM and not about this product.
 */
export function mayAct(request: FuzzRequest, material: Material): boolean {
  if (provenTransaction(request, material) !== undefined) return true;
  return request.signing === 'right' && mayActSigned(request, material);
}

/** The transaction whose state and cookie are both in a request to the callback, each of them once. */
export function provenTransaction(
  request: FuzzRequest,
  { transactions, finished }: Material,
): Transaction | undefined {
  const target = targetOf(request);
  const at = target.indexOf('?');
  const [state, ...doubled] = new URLSearchParams(at < 0 ? '' : target.slice(at + 1)).getAll('state');
  if (state === undefined || doubled.length > 0) return undefined;
  const cookies = headersOf(request)
    .filter(([name]) => name.toLowerCase() === 'cookie')
    .flatMap(([, value]) => value.split(';'))
    .map((pair) => pair.trim());
  return [...transactions, ...finished].find((transaction) => {
    const name = cookieNameIn(transaction.cookie);
    const [sent, ...more] = cookies.filter((pair) => cookieNameIn(pair) === name);
    return (
      transaction.state === state &&
      more.length === 0 &&
      sent !== undefined &&
      isSame(sent, transaction.cookie)
    );
  });
}

/** Blanks around name and value belong to neither (RFC 6265 §5.2). */
function isSame(sent: string, kept: string): boolean {
  return sent.replace(/\s*=\s*/, '=') === kept;
}

function mayActSigned(request: FuzzRequest, material: Material): boolean {
  const path = decoded(request.path);
  const { connectionIds, importedIds } = material;
  const isKnown =
    connectionIds.some((id) => path.includes(id)) || path.split('/').some((one) => importedIds.includes(one));
  switch (request.method) {
    case 'GET':
      return path.includes('access-tokens') && isKnown;
    case 'DELETE':
      return isKnown;
    case 'POST':
      return path.includes('rotations')
        ? isKnown
        : mayActPosted(path, unescaped(request.body?.toString('utf8') ?? ''), request, material);
    default:
      return false;
  }
}

function mayActPosted(path: string, body: string, request: FuzzRequest, material: Material): boolean {
  const { codes, usedCodes, subjects, returnUrl } = material;
  if (path.includes('redeem')) return [...codes, ...usedCodes].some(({ code }) => body.includes(code));
  // Imports bring in connections of any user that a hostile line names.
  if (path.includes('erase')) return subjects.some((sub) => body.includes(sub)) || !body.includes('absent');
  if (path.includes('imports')) return body.includes('"refreshToken"') && !mayBeDryRun(request);
  return body.includes(`"${returnUrl}"`);
}

/** Whether a token is asked for of a connection that is there by an import alone. */
export function vendsImported(
  { method, path }: FuzzRequest,
  { connectionIds, importedIds }: Material,
): boolean {
  const [, route, id = ''] = decoded(path).split('/');
  return (
    method === 'GET' && route === 'access-tokens' && importedIds.includes(id) && !connectionIds.includes(id)
  );
}

/** Only a plain `false`, or no word of it, lets an import be more than a rehearsal. */
function mayBeDryRun(request: FuzzRequest): boolean {
  const query = new URLSearchParams(targetOf(request).split('?').slice(1).join('?'));
  return query.getAll('dry_run').some((value) => value !== 'false');
}

/** As often as anything on the way decodes it. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(decodeURIComponent(path));
  } catch {
    return path;
  }
}

/** JSON may write any character as `\uXXXX`, and a slash with a backslash. */
function unescaped(text: string): string {
  return text
    .replaceAll(/\\u([0-9a-fA-F]{4})/g, (_whole, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    .replaceAll('\\/', '/');
}
