import { expect, test } from 'vitest';
import { createCookieJar } from '../../../local/demo/browser/cookie-jar.ts';

const vault = new URL('http://127.0.0.1:4401/callback');

test('cookies go back to their host, whatever the port, and to no other host', () => {
  const jar = createCookieJar();
  jar.store(vault, ['one=1; Path=/', 'two=2; Path=/ims']);
  expect(jar.headerFor(new URL('http://127.0.0.1:9999/ims/x'))).toBe('one=1; two=2');
  expect(jar.headerFor(vault)).toBe('one=1');
  expect(jar.headerFor(new URL('http://localhost:4401/'))).toBe('');
});

test('a __Host- cookie needs Secure and the root path, and no domain', () => {
  const jar = createCookieJar();
  jar.store(vault, [
    '__Host-good=1; Path=/; Secure; HttpOnly',
    '__Host-plain=1; Path=/',
    '__Host-deep=1; Path=/callback; Secure',
    '__Host-wide=1; Path=/; Secure; Domain=127.0.0.1',
  ]);
  expect(jar.names()).toEqual(['__Host-good']);
});

test('a Secure cookie over plain http is kept on loopback only', () => {
  const jar = createCookieJar();
  jar.store(new URL('http://app.example/'), ['secret=1; Secure; Path=/']);
  expect(jar.names()).toEqual([]);
});

test('a cookie whose age is over is forgotten', () => {
  const jar = createCookieJar();
  jar.store(vault, ['one=1; Path=/']);
  jar.store(vault, ['one=; Path=/; Max-Age=0']);
  expect(jar.names()).toEqual([]);
});
