import { isLoopback } from '../../client/contract.ts';
import { Secret } from '../../functions/core/secret.ts';
import type { BrowserInbox, CliWorld } from '../cli-world.ts';
import { printable } from '../output.ts';

/** How a sign-in in the operator's browser ended. */
export type BrowserReturn =
  | { readonly kind: 'code'; readonly code: Secret }
  /** Such as `declined`. */
  | { readonly kind: 'error'; readonly error: string }
  | { readonly kind: 'late' }
  | { readonly kind: 'left' }
  /** No user is at the terminal, and the return URL is not one of this machine that is free. */
  | { readonly kind: 'no-way-back' };

export interface ExpectedReturn {
  /** Printed as soon as a browser may come. */
  readonly invitation: string;
  readonly returnTo: URL;
  /** Names this sign-in, so that the return of another one cannot pass for it. */
  readonly appState: string;
  readonly waitMs: number;
  readonly signal: AbortSignal;
  readonly progress: (sentence: string) => void;
}

type ReturnWorld = Pick<CliWorld, 'receiveAt' | 'interactive' | 'ask' | 'sleep'>;

/** Waits for the browser: listens at a return URL of this machine, or else asks for the address at which the browser ended. */
export async function awaitReturn(world: ReturnWorld, expected: ExpectedReturn): Promise<BrowserReturn> {
  const settled = new AbortController();
  const signal = AbortSignal.any([expected.signal, settled.signal]);
  try {
    const inbox = await openInbox(world, { ...expected, signal });
    if (inbox === undefined) return { kind: 'no-way-back' };
    const url = await Promise.race([inbox.arrived, countDown(world, { ...expected, signal })]);
    if (url !== undefined) return readReturn(url);
    return { kind: inbox.left || expected.signal.aborted ? 'left' : 'late' };
  } finally {
    settled.abort();
  }
}

/** An inbox that knows whether the operator gave up. */
interface ReturnInbox extends BrowserInbox {
  readonly left?: boolean;
}

async function openInbox(world: ReturnWorld, expected: ExpectedReturn): Promise<ReturnInbox | undefined> {
  const { invitation, returnTo, appState, signal, progress } = expected;
  const isMeant = (url: URL) => url.searchParams.get('app_state') === appState;
  const isOfThisMachine = returnTo.protocol === 'http:' && isLoopback(returnTo);
  const inbox = isOfThisMachine ? await world.receiveAt(returnTo, isMeant, signal) : undefined;
  if (inbox !== undefined || world.interactive) progress(invitation);
  return inbox ?? (world.interactive ? createPastedInbox(world, isMeant, signal) : undefined);
}

const QUESTION =
  'After the sign-in, copy the whole address from the browser, within two minutes. The page there may be empty.\nAddress: ';
const MOST_QUESTIONS = 5;

/** The operator pastes the address, as with `connect --redeem`. */
function createPastedInbox(
  { ask }: ReturnWorld,
  isMeant: (url: URL) => boolean,
  signal: AbortSignal,
): ReturnInbox {
  const inbox = { left: false, arrived: askForAddress() };
  return inbox;

  async function askForAddress(): Promise<URL | undefined> {
    for (let question = 1; question <= MOST_QUESTIONS; question += 1) {
      const repeated = question === 1 ? '' : 'This is not the address of this sign-in.\n';
      const answer = (await ask(repeated + QUESTION, signal))?.trim();
      if (answer === undefined) break;
      const url = URL.canParse(answer) ? new URL(answer) : undefined;
      if (url !== undefined && isMeant(url)) return url;
    }
    inbox.left = true;
    return undefined;
  }
}

const TICK_MS = 30_000;
const MINUTE_MS = 60_000;

async function countDown(
  { sleep }: ReturnWorld,
  { waitMs, signal, progress }: ExpectedReturn,
): Promise<undefined> {
  for (let leftMs = waitMs; leftMs > 0 && !signal.aborted; leftMs -= TICK_MS) {
    if (leftMs !== waitMs && leftMs % MINUTE_MS === 0) {
      progress(`Waiting for your sign-in. ${leftMs / MINUTE_MS} minutes are left.`);
    }
    await sleep(Math.min(TICK_MS, leftMs), signal);
  }
  return undefined;
}

/** The address is the browser's, so what is printed of it is bounded. */
function readReturn({ searchParams }: URL): BrowserReturn {
  const error = searchParams.get('error');
  if (error !== null) return { kind: 'error', error: printable(error.slice(0, 40)) };
  return { kind: 'code', code: new Secret(searchParams.get('connection_code') ?? '') };
}
