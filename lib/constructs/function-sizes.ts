import type { FunctionName } from '../packaging/function-names.ts';

export interface FunctionSize {
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
}

/**
 * Lambda gives processor time by memory. A user or a caller waits for `callback` and `access-token`, and `rotate` must
 * lose no time between Adobe's response and the write, so these three get twice as much. An HTTP API gives up after 30
 * s. `rotate` runs for up to 52 s by its own time budget, within a lease of 60 s.
 */
export const FUNCTION_SIZES: Readonly<Record<FunctionName, FunctionSize>> = {
  authorize: {
    description: 'Sends a browser to Adobe to ask for consent.',
    timeoutSeconds: 10,
    memoryMb: 512,
  },
  callback: {
    description: 'Receives the browser from Adobe, redeems the code and seals the tokens.',
    timeoutSeconds: 29,
    memoryMb: 1024,
  },
  consents: {
    description: 'Opens consent sessions and redeems the one-time codes that come back.',
    timeoutSeconds: 10,
    memoryMb: 512,
  },
  'access-token': {
    description: 'Hands out access tokens.',
    timeoutSeconds: 29,
    memoryMb: 1024,
  },
  connections: {
    description: 'Tells the state of connections, disconnects, erases, and asks for rotations.',
    timeoutSeconds: 29,
    memoryMb: 512,
  },
  import: {
    description: 'Takes over refresh tokens that another system holds; seals, and cannot open.',
    timeoutSeconds: 29,
    memoryMb: 512,
  },
  rotate: {
    description: 'The only function that opens refresh tokens: rotates, revokes, publishes.',
    timeoutSeconds: 55,
    memoryMb: 1024,
  },
  reconcile: {
    description: 'Reschedules connections whose schedule never fired.',
    timeoutSeconds: 300,
    memoryMb: 512,
  },
};
