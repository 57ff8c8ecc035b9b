import { createHttpBrowser } from '../../../local/demo/browser/http-browser.ts';
import type { BenchWorld } from './bench-world.ts';
import { createOperator } from './operator.ts';

/** All calls of one operation to AWS, such as `{ "dynamodb:GetItem": 1 }`, and to Adobe. */
export type CallCounts = Readonly<Record<string, number>>;
export type CallsPerOperation = Readonly<Record<string, CallCounts>>;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const ALICE = 'demo.alice';
const BOB = 'demo.bob';
const RINGING = 'demo.dora';
const CROWD = 200;
const PROCESSES = 4;

/** Runs each operation of the vault once, in warm processes, and counts the calls at the stand-ins. */
export async function countCalls(world: BenchWorld): Promise<CallsPerOperation> {
  const { vault, reader } = world;
  const { stack, api } = vault;
  const operator = createOperator(vault);
  const counted: Record<string, CallCounts> = {};
  const count: Count = async (operation, run, more) => {
    counted[operation] = await countOne(world, run, more);
  };
  const vend = (way: 'direct' | 'https') => reader.newClient(way, 0).getAccessToken(ALICE);

  const code = await countConsent(world, count);
  await count('consent: redeemed by your backend', () => api.redeemConsent(ALICE, { connectionCode: code }));
  // Rotations are spread by id: no other connection's schedule fires within hours of this one, and this one was connected only once.
  await vault.connect(RINGING, 'carol');
  await vault.passUntil((await operator.rotationAt(RINGING)) - 2 * MINUTE_MS);
  await count('rotation by its alarm', () => stack.time.advanceBy(20 * MINUTE_MS));

  await vault.connect(BOB, 'bob');
  const warm = reader.newClient('direct');
  await warm.getAccessToken(ALICE);
  await count('token from memory', () => warm.getAccessToken(ALICE));
  await count('token by direct read', () => vend('direct'));
  await count('two tokens by direct read', () => reader.newClient('direct').getAccessTokens([ALICE, BOB]));
  await vend('https');
  await count('token over HTTPS', () => vend('https'));
  await count('connection status', () => api.status(ALICE));
  await count('list of connections, a page', operator.list);

  await stack.time.advanceBy(DAY_MS + HOUR_MS);
  await count(
    `expired token, ${CROWD} callers in ${PROCESSES} processes`,
    async () => {
      const clients = Array.from({ length: PROCESSES }, () => reader.newClient('direct'));
      const crowd = Array.from({ length: CROWD }, (_, caller) => clients[caller % PROCESSES]);
      await Promise.all(crowd.map((client) => client?.getAccessToken(ALICE)));
    },
    { of: 'adobe' },
  );
  await count('rotation by an operator', () => operator.rotate(ALICE));
  await count('disconnect, with the revocation at Adobe', () => api.disconnect(BOB));
  for (const [hours, what] of [
    [1, 'nothing overdue'],
    [0, 'and the census, four times a day'],
  ] as const) {
    await operator.toHourAfterCensus(hours);
    await count(`hourly reconciler, ${what}`, operator.reconcile, { reconcilerToo: true });
  }
  return counted;
}

interface CountOptions {
  /** Without it, the reconciler's calls in the meantime are not counted. */
  readonly reconcilerToo?: boolean;
  /** The number of reads of a waiting crowd depends on chance. The number of its requests to Adobe does not. */
  readonly of?: 'all' | 'adobe';
}

type Count = (operation: string, run: () => Promise<unknown>, more?: CountOptions) => Promise<void>;

/** A second browser sign-in, so that secrets are in memory. */
async function countConsent({ vault }: BenchWorld, count: Count): Promise<string> {
  await vault.connect(ALICE, 'alice');
  const consent = { returnTo: vault.landingUrl, appState: 'state-of-the-app-0123456789' };
  let authorizeUrl = '';
  await count('consent: opened by your backend', async () => {
    const opened = await vault.api.openConsent(ALICE, consent);
    authorizeUrl = opened.ok ? opened.value.authorizeUrl : '';
  });
  let code = '';
  await count('consent: the browser’s way there and back', async () => {
    const { url } = await createHttpBrowser().open(authorizeUrl);
    code = url.searchParams.get('connection_code') ?? '';
  });
  return code;
}

async function countOne(
  { vault: { stack }, takePosts }: BenchWorld,
  run: () => Promise<unknown>,
  { reconcilerToo = false, of = 'all' }: CountOptions = {},
): Promise<CallCounts> {
  await stack.time.whenIdle();
  takePosts();
  const calls: string[] = [];
  const unwatch = stack.watchCalls(({ moment, call }) => {
    const { service, operation, caller } = call;
    if (of === 'all' && moment === 'arrived' && (reconcilerToo || !/reconcile/i.test(caller.roleName)))
      calls.push(`${service}:${operation}`);
  });
  await run();
  await stack.time.whenIdle();
  unwatch();
  calls.push(...takePosts());
  const counts: Record<string, number> = {};
  for (const call of calls.sort()) counts[call] = (counts[call] ?? 0) + 1;
  return counts;
}
