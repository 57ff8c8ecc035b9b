import { type AgentOptions, type ClientRequest, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';

/**
 * Lambda freezes a function between two calls. The other side may close the sockets meanwhile, or drop them silently, and the
 * next request on such a socket fails. A handshake costs milliseconds, so a socket that was idle for longer is not used again.
 */
const LONGEST_IDLE_MS = 10_000;

/** The agents of an SDK client whose sockets are fresh. Plain `http` serves the local stack. */
export interface FreshSockets {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
  /** Closes every idle socket, because one of them turned out to be dead. */
  closeIdle(): void;
}

/** As many as the SDK itself allows. */
const OPTIONS: AgentOptions = { keepAlive: true, maxSockets: 50 };

export function createFreshSockets(): FreshSockets {
  const httpAgent = withoutStaleSockets(new HttpAgent(OPTIONS));
  const httpsAgent = withoutStaleSockets(new HttpsAgent(OPTIONS));
  return {
    httpAgent,
    httpsAgent,
    closeIdle() {
      for (const agent of [httpAgent, httpsAgent]) closeSockets(agent, () => true);
    },
  };
}

/** What `node:http` calls on an agent for each request. Not in Node's types, but Node checks that an agent has it. */
interface TakesRequests {
  addRequest(request: ClientRequest, ...options: readonly unknown[]): void;
}

function withoutStaleSockets<Kind extends HttpAgent>(agent: Kind): Kind {
  const idleSince = new WeakMap<Duplex, Moment>();
  const keepSocketAlive = agent.keepSocketAlive.bind(agent);
  agent.keepSocketAlive = (socket) => {
    idleSince.set(socket, now());
    return keepSocketAlive(socket);
  };
  const takesRequests = agent as Kind & TakesRequests;
  const addRequest = takesRequests.addRequest.bind(agent);
  takesRequests.addRequest = (request, ...options) => {
    closeSockets(agent, (socket) => idleMs(idleSince.get(socket)) > LONGEST_IDLE_MS);
    addRequest(request, ...options);
  };
  return agent;
}

function closeSockets(agent: HttpAgent, isMeant: (socket: Duplex) => boolean): void {
  const idle = Object.values(agent.freeSockets).flatMap((sockets = []) => [...sockets]);
  for (const socket of idle.filter(isMeant)) socket.destroy();
}

/** By both clocks, because it is not documented which of them runs on while a function is frozen. */
interface Moment {
  readonly epochMs: number;
  readonly monotonicMs: number;
}

const now = (): Moment => ({ epochMs: Date.now(), monotonicMs: performance.now() });

function idleMs(since: Moment | undefined): number {
  if (since === undefined) return Number.POSITIVE_INFINITY;
  const { epochMs, monotonicMs } = now();
  return Math.max(Math.abs(epochMs - since.epochMs), monotonicMs - since.monotonicMs);
}
