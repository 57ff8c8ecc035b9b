import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { guarded, withAdobe } from './adobe-and-vault.ts';

beforeEach(() => {
  vi.resetModules();
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

test('the Lightroom example reads a catalog in spite of the prefix, with token and API key', async () => {
  const { atAdobe } = withAdobe(guarded({ id: 'catalog-1' }));
  const { handler } = await import('../../../examples/lightroom-catalog/handler.ts');

  await expect(handler({ connectionId: 'acme.user-42' })).resolves.toEqual({ id: 'catalog-1' });

  expect(atAdobe.map(({ url }) => url.href)).toEqual(['https://lr.adobe.io/v2/catalog']);
  expect(atAdobe[0]?.headers.get('authorization')).toBe('Bearer token-1');
  expect(atAdobe[0]?.headers.get('x-api-key')).toBe('the-client-id');
});

test('the Lightroom example survives a token that Lightroom calls expired with 403 and code 4300', async () => {
  const expired = guarded({ code: 4300, description: 'Access is forbidden' }, 403);
  const { atAdobe, atVault } = withAdobe(expired, guarded({ id: 'catalog-1' }));
  const { handler } = await import('../../../examples/lightroom-catalog/handler.ts');

  await expect(handler({ connectionId: 'acme.user-42' })).resolves.toEqual({ id: 'catalog-1' });

  expect(atAdobe.map(({ headers }) => headers.get('authorization'))).toEqual([
    'Bearer token-1',
    'Bearer token-2',
  ]);
  expect(atVault.map(({ headers }) => headers.has('x-rejected-token'))).toEqual([false, true]);
});

test('the workflow task returns an id and a result, and no token', async () => {
  withAdobe(guarded({ id: 'catalog-1', payload: { name: 'Lightroom Catalog' } }));
  const { handler } = await import('../../../examples/step-functions/handler.ts');

  const output = await handler({ connectionId: 'acme.user-42' });

  expect(output).toEqual({ connectionId: 'acme.user-42', catalogId: 'catalog-1' });
  expect(JSON.stringify(output)).not.toContain('token-1');
});

test('the workflow task fails under the name that Step Functions catches', async () => {
  withAdobe();
  const { handler } = await import('../../../examples/step-functions/handler.ts');

  const failure = handler({ connectionId: 'acme.gone' });

  await expect(failure).rejects.toMatchObject({ name: 'ReauthorizationRequiredError' });
});
