import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call of a function to the world outside: to AWS, or to Adobe (`service: 'adobe'`). */
export interface TapedCall {
  readonly service: string;
  /** `GetItem`, or method and path where the service has paths. */
  readonly operation: string;
  readonly path: string;
  readonly body: string;
  /** Calls under way at the same time have the same number. */
  readonly turn: number;
}

interface TapedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface Entry {
  readonly call: TapedCall;
  readonly answer: TapedAnswer;
}

/** Between a function and the stand-ins: records one invocation, then replays its answers any number of times. */
export interface Tape {
  readonly url: string;
  /** Discards what was recorded for warming up. */
  forget(): void;
  /** From now on nothing is forwarded. */
  replay(): void;
  calls(): readonly TapedCall[];
  /** Requests without a recorded answer. */
  misses(): number;
  stop(): Promise<void>;
}

export async function startTape(awsUrl: string, adobeUrl: string): Promise<Tape> {
  const entries: Entry[] = [];
  const taken = new Map<string, number>();
  let replaying = false;
  let misses = 0;
  let underWay = 0;
  let turn = 0;

  const recalled = (call: TapedCall): TapedAnswer | undefined => {
    for (const same of [closely, roughly]) {
      const key = same(call);
      const matching = entries.filter((entry) => same(entry.call) === key);
      if (matching.length === 0) continue;
      const turn = taken.get(key) ?? 0;
      taken.set(key, turn + 1);
      return matching[turn % matching.length]?.answer;
    }
    misses += 1;
    return undefined;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (underWay === 0) turn += 1;
    underWay += 1;
    response.once('close', () => {
      underWay -= 1;
    });
    const body = await bodyOf(request);
    const call = { ...callOf(request, body), turn };
    let reply = replaying ? recalled(call) : undefined;
    if (!replaying) {
      reply = await forwarded(request, body, call.service === 'adobe' ? adobeUrl : awsUrl);
      entries.push({ call, answer: reply });
    }
    response.writeHead(reply?.status ?? 501, { ...reply?.headers });
    response.end(reply?.body);
  };

  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    answer(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    forget() {
      entries.length = 0;
    },
    replay() {
      replaying = true;
    },
    calls: () => entries.map(({ call }) => call),
    misses: () => misses,
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The same item, or the same part of an index, whatever the time is. */
function closely({ service, operation, body }: TapedCall): string {
  const { TableName, Key, KeyConditionExpression, ExpressionAttributeValues } =
    service === 'dynamodb' ? JSON.parse(body) : {};
  const asked = KeyConditionExpression && [KeyConditionExpression, ExpressionAttributeValues];
  return JSON.stringify([service, operation, TableName, Key, asked]).replaceAll(/\d{12,}/g, 'time');
}
/** Random ids differ each time. */
function roughly({ service, operation, body }: TapedCall): string {
  return JSON.stringify([service, operation, service === 'dynamodb' && JSON.parse(body).TableName]);
}

function callOf({ method = '', url = '', headers }: IncomingMessage, body: Buffer): Omit<TapedCall, 'turn'> {
  const scope = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '');
  const target = String(headers['x-amz-target'] ?? '').split('.')[1];
  const service = scope?.[1] ?? 'adobe';
  const [path = ''] = url.split('?');
  const withoutNames = service === 'scheduler' ? (path.split('/')[1] ?? '') : path;
  return { service, operation: target ?? `${method} ${withoutNames}`, path, body: body.toString() };
}

async function forwarded(
  { method = 'GET', url = '', headers }: IncomingMessage,
  body: Buffer,
  base: string,
): Promise<TapedAnswer> {
  return new Promise((resolve, reject) => {
    const sent = send(new URL(url, base), { method, headers }, (answer) => {
      bodyOf(answer).then((text) => {
        const kept = Object.entries(answer.headers).filter(([name]) => /^(content-type|x-amz)/.test(name));
        resolve({
          status: answer.statusCode ?? 502,
          headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
          body: text,
        });
      }, reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}
