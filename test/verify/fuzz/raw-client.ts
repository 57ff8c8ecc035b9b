import { connect, type Socket } from 'node:net';

export interface RawRequest {
  readonly bytes: Buffer;
  readonly isHead: boolean;
  /** Its framing may be broken, so nothing may follow it on its connection, and no more comes after it. */
  readonly isLast: boolean;
}

/** `closed` and `silent` are no answers. */
export type RawOutcome = HttpAnswer | 'closed' | 'silent';

/** Sends bytes as they are, and keeps connections open: an HTTP client would refuse or repair most of them. */
export interface RawClient {
  send(request: RawRequest): Promise<RawOutcome>;
  close(): void;
}

export interface RawClientDeps {
  readonly port: number;
  readonly timeoutMs: number;
}

export function createRawClient({ port, timeoutMs }: RawClientDeps): RawClient {
  const idle: Socket[] = [];

  const takeIdle = (): Socket | undefined => {
    for (let socket = idle.pop(); socket; socket = idle.pop()) if (!socket.destroyed) return socket;
    return undefined;
  };

  const keep = (socket: Socket): void => {
    socket.removeAllListeners();
    socket.on('error', () => socket.destroy());
    // Whatever comes now was not asked for.
    socket.on('data', () => socket.destroy());
    socket.on('close', () => socket.destroy());
    idle.push(socket);
  };

  const send = async (request: RawRequest): Promise<RawOutcome> => {
    const kept = request.isLast ? undefined : takeIdle();
    const outcome = await exchange(kept ?? open(port), request, { timeoutMs, keep });
    // The server may have closed a kept connection just before.
    return outcome === 'closed' && kept ? exchange(open(port), request, { timeoutMs, keep }) : outcome;
  };

  return {
    send,
    close: () => {
      for (const socket of idle) socket.destroy();
    },
  };
}

function open(port: number): Socket {
  return connect({ port, host: '127.0.0.1', noDelay: true });
}

interface Handling {
  readonly timeoutMs: number;
  readonly keep: (socket: Socket) => void;
}

function exchange(socket: Socket, request: RawRequest, { timeoutMs, keep }: Handling): Promise<RawOutcome> {
  const { bytes, isHead, isLast } = request;
  const chunks: Buffer[] = [];
  socket.removeAllListeners();
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish('silent'), timeoutMs);
    const finish = (outcome: RawOutcome, canStay = false): void => {
      clearTimeout(timer);
      if (canStay) keep(socket);
      else {
        socket.removeAllListeners();
        socket.on('error', () => undefined);
        socket.destroy();
      }
      resolve(outcome);
    };
    const look = (hasEnded: boolean): void => {
      const all = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
      const read = readAnswer(all, isHead, hasEnded);
      if (read === undefined) {
        if (hasEnded) finish('closed');
        return;
      }
      const saysClose = read.answer.headers.some(
        ([name, value]) => name === 'connection' && value === 'close',
      );
      finish(read.answer, !isLast && !hasEnded && !saysClose && read.end === all.length);
    };
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      look(false);
    });
    socket.on('end', () => look(true));
    socket.on('error', () => look(true));
    socket.on('close', () => look(true));
    if (isLast) socket.end(bytes);
    else socket.write(bytes);
  });
}

/** One answer as it came over the wire. */
export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; repeated ones stay apart. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Status line and headers, untouched. */
  readonly head: string;
  readonly body: Buffer;
}

interface ReadAnswer {
  readonly answer: HttpAnswer;
  /** Where the next answer would begin. */
  readonly end: number;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/**
 * Reads the first final answer out of what has arrived. Undefined: there is more to come.
 * @param hasEnded the server has closed, which ends an answer without a length (RFC 9112 §6.3)
 */
export function readAnswer(bytes: Buffer, isHead: boolean, hasEnded: boolean): ReadAnswer | undefined {
  let from = 0;
  for (;;) {
    const endOfHead = bytes.indexOf(END_OF_HEAD, from);
    if (endOfHead < 0) return undefined;
    const head = bytes.toString('latin1', from, endOfHead);
    const bodyAt = endOfHead + END_OF_HEAD.length;
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
    if (status < 100 || status > 199) return withBody({ bytes, head, status, bodyAt, isHead, hasEnded });
    // An interim answer, such as `100 Continue`: the final one follows.
    from = bodyAt;
  }
}

interface Head {
  readonly bytes: Buffer;
  readonly head: string;
  readonly status: number;
  readonly bodyAt: number;
  readonly isHead: boolean;
  readonly hasEnded: boolean;
}

function withBody({ bytes, head, status, bodyAt, isHead, hasEnded }: Head): ReadAnswer | undefined {
  const headers = head
    .split('\r\n')
    .slice(1)
    .map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()] as const;
    });
  const stated = headers.find(([name]) => name === 'content-length')?.[1];
  const hasNoBody = isHead || status === 204 || status === 304;
  const length = hasNoBody ? 0 : stated === undefined ? bytes.length - bodyAt : Number(stated);
  if (!hasNoBody && stated === undefined && !hasEnded) return undefined;
  const end = bodyAt + length;
  if (bytes.length < end) return undefined;
  return { answer: { status, headers, head, body: bytes.subarray(bodyAt, end) }, end };
}
