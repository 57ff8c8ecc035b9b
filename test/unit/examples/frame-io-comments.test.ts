import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withAdobe } from './adobe-and-vault.ts';

const request = { connectionId: 'acme.user-42', accountId: 'account 1', fileId: 'file-1' };
const COMMENTS = 'https://api.frame.io/v4/accounts/account%201/files/file-1/comments';

function page(texts: readonly string[], next: string | null) {
  return () => Response.json({ data: texts.map((text) => ({ id: text, text })), links: { next } });
}

beforeEach(() => {
  vi.resetModules();
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

test('the Frame.io example reads the comments of every page', async () => {
  const next = '/v4/accounts/account%201/files/file-1/comments?after=cursor';
  const { atAdobe } = withAdobe(page(['first', 'second'], next), page(['third'], null));
  const { handler } = await import('../../../examples/frame-io-comments/handler.ts');

  await expect(handler(request)).resolves.toEqual(['first', 'second', 'third']);

  expect(atAdobe.map(({ url }) => url.href)).toEqual([COMMENTS, `${COMMENTS}?after=cursor`]);
  expect(atAdobe.map(({ headers }) => headers.get('authorization'))).toEqual([
    'Bearer token-1',
    'Bearer token-1',
  ]);
});

test('the Frame.io example sends its token to Frame.io alone, whatever a page says is next', async () => {
  const { atAdobe } = withAdobe(page(['first'], 'https://frame.example.test/comments'));
  const { handler } = await import('../../../examples/frame-io-comments/handler.ts');

  await expect(handler(request)).rejects.toMatchObject({ code: 'host_not_allowed' });

  expect(atAdobe).toHaveLength(1);
});

test('the Frame.io example reports a refusal by its status', async () => {
  withAdobe(() => new Response('{}', { status: 403 }));
  const { handler } = await import('../../../examples/frame-io-comments/handler.ts');

  await expect(handler(request)).rejects.toMatchObject({ name: 'FrameIoError', status: 403 });
});

test('the hosts that a client allows by default include those of every example', async () => {
  const { createTokenClient } = await import('../../../client/index.ts');
  const { atAdobe } = withAdobe(
    () => Response.json({}),
    () => Response.json({}),
  );
  const client = createTokenClient();

  await client.fetch('acme.user-42', COMMENTS);
  await client.fetch('acme.user-42', 'https://lr.adobe.io/v2/catalog');

  expect(atAdobe).toHaveLength(2);
});
