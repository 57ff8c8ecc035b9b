import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTelemetry, withRequestId } from '../../../../functions/adapters/observability/telemetry.ts';
import { PlatformError } from '../../../../functions/core/platform-error.ts';
import type { TelemetryFields } from '../../../../functions/core/ports/events.ts';
import { Secret } from '../../../../functions/core/secret.ts';

const FUNCTIONS = join(import.meta.dirname, '../../../../functions');
/** Examples of consumers have their own logs. */
const OF_THE_VAULT = readdirSync(FUNCTIONS).filter(
  (name) => existsSync(join(FUNCTIONS, name, 'env.ts')) && !name.startsWith('example-'),
);

let written: string;

beforeEach(() => {
  written = '';
  const capture = (chunk: unknown) => {
    written += String(chunk);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(capture);
  vi.spyOn(process.stderr, 'write').mockImplementation(capture);
});

afterEach(() => vi.restoreAllMocks());

function telemetry() {
  return createTelemetry({ service: 'vault-1', namespace: 'AdobeTokenVault' });
}

function lines(): Record<string, unknown>[] {
  return written
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe("Lambda's request id", () => {
  it('is in every line of its invocation, and in none of another', () => {
    const vault = telemetry();
    const handle = withRequestId(vault, (message: string) => {
      vault.info(message);
      vault.error(message, new Error('x'));
    });
    handle('First.', { awsRequestId: 'r-1' });
    handle('Second.', { awsRequestId: 'r-2' });
    expect(lines().map(({ requestId }) => requestId)).toEqual(['r-1', 'r-1', 'r-2', 'r-2']);
  });

  it.each(OF_THE_VAULT)('is in the lines of %s', (name) => {
    const source = readFileSync(join(FUNCTIONS, name, 'handler.ts'), 'utf8');
    expect(source).toContain('export const handler = withRequestId(');
  });
});

describe("X-Ray's trace id", () => {
  afterEach(() => vi.unstubAllEnvs());

  it('is in each line of its invocation', () => {
    const vault = telemetry();
    const handle = withRequestId(vault, (message: string) => vault.info(message));
    for (const id of ['1-69abcdef-0123456789abcdef01234567', '1-69abcdef-fedcba9876543210fedcba98']) {
      vi.stubEnv('_X_AMZN_TRACE_ID', `Root=${id};Parent=0123456789abcdef;Sampled=1`);
      handle('Vended.', { awsRequestId: 'r-1' });
    }
    expect(lines().map(({ xray_trace_id }) => xray_trace_id)).toEqual([
      '1-69abcdef-0123456789abcdef01234567',
      '1-69abcdef-fedcba9876543210fedcba98',
    ]);
  });

  it('is absent where nothing traces', () => {
    vi.stubEnv('_X_AMZN_TRACE_ID', undefined);
    telemetry().info('Vended.');
    expect(lines()[0]).not.toHaveProperty('xray_trace_id');
  });
});

describe('a log line', () => {
  it('holds the message, the fields and the service', () => {
    telemetry().info('Rotated.', {
      connectionId: 'acme.user-42',
      attempts: 2,
      sliding: true,
      words: ['a', 'b'],
    });
    expect(lines()).toMatchObject([
      {
        level: 'INFO',
        message: 'Rotated.',
        service: 'vault-1',
        connectionId: 'acme.user-42',
        attempts: 2,
        sliding: true,
        words: ['a', 'b'],
      },
    ]);
  });

  it('leaves out a field without a value', () => {
    telemetry().warn('Odd.', { debugId: undefined });
    expect(lines()[0]).not.toHaveProperty('debugId');
  });

  it('reduces an error of the vault to message, code, reason and stack', () => {
    const cause = new Error('text of a dependency');
    telemetry().error(
      'Failed.',
      new PlatformError('KEY_UNAVAILABLE', 'KMS did not answer.', { cause, reason: 'X' }),
    );
    expect(lines()[0]).toMatchObject({
      level: 'ERROR',
      error: { name: 'PlatformError', message: 'KMS did not answer.', code: 'KEY_UNAVAILABLE', reason: 'X' },
    });
    expect(JSON.stringify(lines()[0])).toContain('telemetry.test.ts');
    expect(written).not.toContain('text of a dependency');
  });

  it.each(['a text', 7, null, { code: 'x' }])('takes the thrown %j for what it is', (thrown) => {
    telemetry().error('Failed.', thrown);
    expect(lines()[0]).toMatchObject({ error: { name: typeof thrown } });
  });
});

describe('a metric', () => {
  it('is written at once in embedded metric format', () => {
    telemetry().measure('Rotations', 1, 'Count', { outcome: 'rotated' });
    expect(lines()).toMatchObject([
      {
        _aws: {
          CloudWatchMetrics: [
            {
              Namespace: 'AdobeTokenVault',
              Dimensions: [['service', 'outcome']],
              Metrics: [{ Name: 'Rotations', Unit: 'Count' }],
            },
          ],
        },
        service: 'vault-1',
        outcome: 'rotated',
        Rotations: 1,
      },
    ]);
  });

  it('does not inherit the dimensions of the one before', () => {
    const vault = telemetry();
    vault.measure('Rotations', 1, 'Count', { outcome: 'rotated' });
    vault.measure('HoursOfSafety', 12.5, 'None');
    expect(lines()[1]).toMatchObject({ HoursOfSafety: 12.5 });
    expect(lines()[1]).not.toHaveProperty('outcome');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('of %s is none', (value) => {
    telemetry().measure('Rotations', value, 'Count');
    expect(written).toBe('');
  });

  it('drops an empty dimension, which CloudWatch would refuse', () => {
    telemetry().measure('Rotations', 1, 'Count', { outcome: '' });
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).not.toHaveProperty('outcome');
  });
});

describe('a planted secret', () => {
  const planted = 'PLANTED-5d1f';
  const token = `eyJ${'a'.repeat(20)}.${planted}.${planted}`;

  it('in causes, messages, codes, bodies and fields comes out nowhere', () => {
    const vault = telemetry();
    const tokenResponse = { access_token: planted, refresh_token: planted };
    const library = new Error(`unexpected response ${planted}\n    at ${planted} (x.ts:1:1)`, {
      cause: { body: tokenResponse, parameters: new URLSearchParams({ code: planted }) },
    });
    const errors: unknown[] = [
      library,
      Object.assign(new TypeError(planted), { code: `has spaces ${planted}`, reason: `{${planted}}` }),
      Object.assign(new Error(''), {
        response: new Response(planted),
        body: tokenResponse,
        name: `x ${planted}`,
      }),
      new PlatformError('SEAL_BROKEN', 'Ours.', { cause: library, reason: 'AuthenticationFailed' }),
      new AggregateError([library], planted),
      new SyntaxError(`Unexpected token "${planted}" is not valid JSON`),
      tokenResponse,
      planted,
      new Secret(planted),
    ];
    for (const error of errors) vault.error('Failed.', error);
    const fields = {
      secret: new Secret(planted),
      nested: { token: planted },
      list: [new Secret(planted), token],
      text: `Bearer ${token}`,
      bytes: new Uint8Array(Buffer.from(planted)),
      error: library,
    } as unknown;
    vault.info(`Received ${token}`, fields as TelemetryFields);
    vault.warn('Odd.', fields as TelemetryFields);
    vault.error('Failed.', library, fields as TelemetryFields);
    vault.measure('Rotations', 1, 'Count', { outcome: token });

    expect(lines().length).toBeGreaterThanOrEqual(errors.length + 4);
    expect(written).not.toContain(planted);
    expect(written).not.toContain(Buffer.from(planted).toString('base64'));
  });
});
