import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { receiveAt } from '../../../cli/browser-inbox.ts';

describe('Waiting for the browser', () => {
  it('leaves an address alone where something else listens', async () => {
    const server = createServer((_, response) => response.end('the app'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const url = new URL(`http://127.0.0.1:${port}/back`);
    expect(await receiveAt(url, () => true, new AbortController().signal)).toBeUndefined();
    expect(await (await fetch(url)).text()).toBe('the app');
    server.close();
  });

  it('stops listening when the wait is over', async () => {
    const over = new AbortController();
    const inbox = await receiveAt(
      new URL(`http://127.0.0.1:${await freePort()}/back`),
      () => true,
      over.signal,
    );
    over.abort();
    expect(await inbox?.arrived).toBeUndefined();
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
