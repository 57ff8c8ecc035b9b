import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createHttpBrowser, type HttpBrowser } from '../../../local/demo/browser/http-browser.ts';
import { createDemoUser } from '../../../local/demo/script/users.ts';
import { type DemoWorld, startDemoWorld } from '../../../local/demo/world/demo-world.ts';

let world: DemoWorld;

beforeAll(async () => {
  world = await startDemoWorld({ cdkOut: inject('cdkOut'), tickMs: 0 });
});

afterAll(async () => {
  await world.stop();
  expect(world.stack.problems()).toEqual([]);
});

async function signedIn(browser: HttpBrowser, path: string, user: string) {
  await browser.open(world.app.url());
  await browser.open(path);
  return browser.submit({ press: 'approve', choose: { user } });
}

describe('the demo application', () => {
  test('connects its own user, reads the catalog and disconnects', async () => {
    const alice = createDemoUser(world, 'alice');
    await alice.signIn();
    expect(alice.connectionId()).toMatch(/^demo\.user-/);
    expect(await alice.readCatalog()).toBe(true);
    await alice.disconnect();
    await world.stack.time.whenIdle();
    expect(world.ims.ledger.user('alice').liveGrants).toBe(0);
  });

  test('never lets the browser carry the id of a connection', async () => {
    const browser = createHttpBrowser();
    await signedIn(browser, '/connect', 'alice');
    expect(browser.history().join('\n')).not.toMatch(/demo\.user|adobe-[a-z0-9]{10}/);
  });

  test('keeps a session cookie, next to the one transaction that the vault keeps for a reload', async () => {
    const browser = createHttpBrowser();
    await signedIn(browser, '/connect', 'alice');
    expect(browser.cookieNames()).toContain('demo_app_session');
    expect(browser.cookieNames().filter((name) => name.startsWith('__Host-')).length).toBeLessThanOrEqual(1);
  });

  test('signs in the user that Adobe names, under an id that IAM keeps from the reading Lambda', async () => {
    const browser = createHttpBrowser();
    const page = await signedIn(browser, '/sign-in', 'bob');
    expect(page.body).toMatch(/<code>adobe-[a-z2-7]{26}<\/code>/);
    expect((await browser.press('/catalog')).body).toContain('notice bad');
  });

  test('refuses a return that another browser began', async () => {
    const [attacker, victim] = [createHttpBrowser(), createHttpBrowser()];
    await attacker.open(world.app.url());
    await attacker.open('/connect');
    await attacker.submit({ press: 'approve', choose: { user: 'alice' } });
    const returned = attacker.history().find((url) => url.includes('connection_code=')) ?? '';
    await victim.open(world.app.url());
    const page = await victim.open(returned);
    expect(page.body).toContain('That sign-in was not begun here.');
    expect(page.body).toContain('Sign in with Adobe');
  });

  test('refuses a button that a page elsewhere presses', async () => {
    const answer = await fetch(`${world.app.url()}/time/week`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
    });
    expect(answer.status).toBe(403);
  });

  test('answers under its own host name only', async () => {
    const { port } = new URL(world.app.url());
    const answer = await fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' });
    expect(answer.headers.get('location')).toBe(world.app.url());
  });

  test('says that the user declined, and that Adobe is down', async () => {
    const carol = createDemoUser(world, 'carol');
    await carol.signIn('deny');
    expect(carol.notice()).toContain('declined');
    await carol.browser.press('/adobe/down');
    await carol.browser.open('/connect');
    expect(carol.browser.page().status).toBe(503);
    await carol.browser.open(world.app.url());
    await carol.browser.press('/adobe/up');
    await carol.signIn();
    expect(carol.state()).toBe('active');
  });
});

describe('npm start', () => {
  test('says in one sentence that a port is taken, with the way out, and ends with 1', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { code, output } = await npmStart({ PORT: String(port) });
    server.close();
    expect(output.trim()).toMatch(new RegExp(`^Port ${port} is in use by another program; .*PORT=.*$`));
    expect(code).toBe(1);
  });

  test('says what PORT must be, and ends with 1', async () => {
    const { code, output } = await npmStart({ PORT: 'eighty' });
    expect(output.trim()).toBe('PORT must be a whole number from 1 to 65532, not “eighty”.');
    expect(code).toBe(1);
  });
});

async function npmStart(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const main = fileURLToPath(new URL('../../../local/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', main], { env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}
