import { expect, test } from 'vitest';
import { createHostRewriter } from '../../../local/stack/hosts.ts';

const rewrite = createHostRewriter({
  'https://ims.example.com': 'http://127.0.0.1:4001',
  'https://app.example.com/': 'http://127.0.0.1:4002/',
  'https://app.example.com/special': 'http://127.0.0.1:4003',
});

test('a known host is replaced with its path kept', () => {
  expect(rewrite('https://ims.example.com/ims/token/v3')).toBe('http://127.0.0.1:4001/ims/token/v3');
});

test('every address inside a JSON text is replaced', () => {
  expect(rewrite('["https://app.example.com/a","https://ims.example.com"]')).toBe(
    '["http://127.0.0.1:4002/a","http://127.0.0.1:4001"]',
  );
});

test('the longest prefix wins', () => {
  expect(rewrite('https://app.example.com/special/x')).toBe('http://127.0.0.1:4003/x');
});

test('another host that only begins alike is left alone', () => {
  expect(rewrite('https://ims.example.com.attacker.test/')).toBe('https://ims.example.com.attacker.test/');
  expect(rewrite('https://ims.example.community/')).toBe('https://ims.example.community/');
});

test('without hosts nothing changes', () => {
  expect(createHostRewriter({})('https://ims.example.com')).toBe('https://ims.example.com');
});
