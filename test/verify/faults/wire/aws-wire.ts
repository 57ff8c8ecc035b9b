import { AsyncLocalStorage } from 'node:async_hooks';
import type { AwsAnswer, AwsCall, AwsService } from '../../../../local/aws/aws-call.ts';
import { AwsServiceError } from '../../../../local/aws/protocols.ts';

/** One request on its way to a service. */
export interface WireCall {
  /** Such as `DynamoDB.UpdateItem` or `IMS.token`. */
  readonly name: string;
  /** The same for all attempts of one command. */
  readonly commandId: string;
  /** From 1; the SDK's own retries count on. */
  readonly attempt: number;
  /** Everything of the request that the service sees, as text. */
  readonly text: string;
  /** The service acts and answers. */
  readonly send: () => Promise<WireAnswer>;
  /** An answer of a service that did not process the request. */
  readonly refuse: (refusal: Refusal) => WireAnswer;
}

export type Refusal = 'throttled' | 'denied' | 'failing';

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What a process meets on the wire instead of the service itself. */
export type Interceptor = (call: WireCall) => Promise<WireAnswer>;

interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const NAMES: Readonly<Record<string, string>> = {
  dynamodb: 'DynamoDB',
  kms: 'KMS',
  scheduler: 'Scheduler',
  secretsmanager: 'SecretsManager',
  events: 'EventBridge',
  lambda: 'Lambda',
};
const CALLER = { roleName: 'caller', roleArn: 'arn:aws:iam::111122223333:role/caller', accessKeyId: 'AKIA' };
/** Whose requests these are: calls of a process carry its interceptor along through every await. */
const processes = new AsyncLocalStorage<Interceptor>();

/** Runs work whose requests, and only those, meet this interceptor. */
export function onWireOf<Result>(interceptor: Interceptor, work: () => Promise<Result>): Promise<Result> {
  return processes.run(interceptor, work);
}

/** The process that runs now; its memory ends with it. */
export function processOnWire(): object | undefined {
  return processes.getStore();
}

export function carry(call: WireCall): Promise<WireAnswer> {
  // What a service does, or has done by others meanwhile, is not the process's.
  const send = () => processes.exit(call.send);
  return (processes.getStore() ?? ((one) => one.send()))({ ...call, send });
}

/** The transport of AWS SDK clients that reaches services of this process without a socket. */
export function createAwsWire(
  services: readonly AwsService[],
  onAnswered: (call: AwsCall, answer: AwsAnswer) => Promise<void>,
) {
  const byName = new Map(services.map((service) => [service.service, service]));
  const handle = async (request: SdkRequest) => {
    const service = byName.get(serviceNameOf(request));
    if (!service) throw new Error(`There is no ${serviceNameOf(request)} on this wire.`);
    const { status, headers, body } = await carry(wireCallOf(service, request, onAnswered));
    return { response: { statusCode: status, headers, body } };
  };
  return {
    region: 'us-east-1',
    endpoint: 'http://aws.test',
    credentials: { accessKeyId: 'AKIA', secretAccessKey: 'wire' },
    requestHandler: { handle },
  };
}

function wireCallOf(
  service: AwsService,
  request: SdkRequest,
  onAnswered: (call: AwsCall, answer: AwsAnswer) => Promise<void>,
): WireCall {
  const body = bytesOf(request.body);
  const query = new URLSearchParams(request.query as Record<string, string>).toString();
  const path = query === '' ? request.path : `${request.path}?${query}`;
  const { method, headers } = request;
  const operation = service.operationOf({ method, path, headers, body });
  const text = Buffer.from(body).toString('utf8');
  const call: AwsCall = {
    ...{ method, path, headers, body },
    ...{ service: service.service, operation, caller: CALLER },
    json: () => (text === '' ? {} : JSON.parse(text)),
  };
  return {
    name: `${NAMES[service.service]}.${operation}`,
    commandId: headers['amz-sdk-invocation-id'] ?? '',
    attempt: Number(/attempt=(\d+)/.exec(headers['amz-sdk-request'] ?? '')?.[1] ?? 1),
    text: `${path} ${withBytesOpened(text)}`,
    refuse: (refusal) => onTheWire(refused(service, refusal)),
    async send() {
      const answer = await answerOf(service, call);
      await onAnswered(call, answer);
      return onTheWire(answer);
    },
  };
}

async function answerOf(service: AwsService, call: AwsCall): Promise<AwsAnswer> {
  try {
    return await service.answer(call);
  } catch (error) {
    if (error instanceof AwsServiceError) return service.error(error.code, error.message);
    throw error;
  }
}

function refused(service: AwsService, refusal: Refusal): AwsAnswer {
  switch (refusal) {
    case 'throttled':
      return service.error('ThrottlingException', 'Rate exceeded');
    case 'denied':
      return service.error('AccessDeniedException', 'No policy allows this.');
    case 'failing':
      return { ...service.error('InternalServerError', 'An internal error happened.'), status: 500 };
  }
}

function onTheWire({ status, headers = {}, body = '' }: AwsAnswer): WireAnswer {
  // The SDK corrects its clock by this header, and a lease is taken by it.
  const date = new Date().toUTCString();
  return { status, headers: { date, ...headers }, body: Buffer.from(body) };
}

function serviceNameOf({ headers }: SdkRequest): string {
  return headers.authorization?.match(/Credential=[^/]+\/[^/]+\/[^/]+\/([^/]+)\//)?.[1] ?? '';
}

function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return Buffer.from(typeof body === 'string' ? body : '');
}

/** Bytes travel in Base64: a token in clear must not hide in there. */
function withBytesOpened(text: string): string {
  const opened = text.replaceAll(/"([A-Za-z0-9+/]{16,}={0,2})"/g, (_, encoded: string) =>
    JSON.stringify(Buffer.from(encoded, 'base64').toString('latin1')),
  );
  return `${text} ${opened}`;
}
