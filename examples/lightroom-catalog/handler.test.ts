// #region test
import { createFakeTokenClient } from 'adobe-token-vault/testing';
import { expect, test, vi } from 'vitest';

const lightroom = vi.fn<typeof fetch>(async () => new Response('while (1) {}\n{"id":"catalog-1"}'));
const vault = createFakeTokenClient(
  {
    'acme.user-42': { accessToken: 'token-1' },
    'acme.user-43': { error: 'reauthorization_required' },
  },
  { fetch: lightroom },
);
vi.doMock('adobe-token-vault/client', async (original) => ({
  ...(await original<object>()),
  createTokenClient: () => vault,
}));
const { handler } = await import('./handler.ts');

test('reads the catalog of a connected user', async () => {
  expect(await handler({ connectionId: 'acme.user-42' })).toEqual({ id: 'catalog-1' });
  const [, sent] = lightroom.mock.calls[0] ?? [];
  expect(new Headers(sent?.headers).get('authorization')).toBe('Bearer token-1');
});

test('fails under the name that Step Functions catches when the user has to consent again', async () => {
  const failure = handler({ connectionId: 'acme.user-43' });
  await expect(failure).rejects.toMatchObject({ name: 'ReauthorizationRequiredError' });
  expect(vault.calls.at(-1)).toMatchObject({ call: 'fetch', args: ['acme.user-43', expect.anything()] });
});
// #endregion
