import type { VaultWorld } from './vault-world.ts';

interface Erased {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly answer: Record<string, unknown>;
}

/** `POST /subjects/erase` at the function itself, as API Gateway hands it over. */
export async function eraseSubject({ stack }: Pick<VaultWorld, 'stack'>, sub: string): Promise<Erased> {
  const { payload } = await stack.invoke('AdobeTokenVault-connections', {
    version: '2.0',
    routeKey: 'POST /subjects/erase',
    rawQueryString: '',
    headers: { 'content-type': 'application/json' },
    requestContext: {},
    body: JSON.stringify({ sub }),
    isBase64Encoded: false,
  });
  const { statusCode, headers, body } = payload as {
    readonly statusCode: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: string;
  };
  return { status: statusCode, retryAfter: headers?.['retry-after'], answer: JSON.parse(body) };
}
