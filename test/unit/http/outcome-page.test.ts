import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ConsentOutcomeKind } from '../../../functions/core/domain/consent.ts';
import { outcomePage } from '../../../functions/platform/http/outcome-page.ts';
import { PAGE_TEXTS } from '../../../functions/platform/http/page-texts.ts';
import { redirect } from '../../../functions/platform/http/redirect.ts';

const KINDS = Object.keys(PAGE_TEXTS) as ConsentOutcomeKind[];

describe.each(KINDS)('the page %s', (kind) => {
  const page = outcomePage(kind, { startAgainUrl: 'authorize' });

  it('allows nothing but its own stylesheet', () => {
    const policy = page.headers['content-security-policy'] ?? '';
    const [style = ''] = /(?<=<style>)[\s\S]*(?=<\/style>)/.exec(page.body) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(policy).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
    );
    expect(page.body).not.toMatch(/<script|<link|<img|\sstyle=|\son[a-z]+=|https?:\/\//);
  });

  it('says what happened and what to do, for a phone and for a screen reader', () => {
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page.body).toContain('name="viewport" content="width=device-width, initial-scale=1"');
    expect(page.body).toContain('prefers-color-scheme: dark');
    expect(page.body.match(/<h1>/g)).toHaveLength(1);
    expect(page.body.match(/<main>/g)).toHaveLength(1);
    expect(page.body).toContain(PAGE_TEXTS[kind].next);
  });

  it('is neither cached, framed nor referred from', () => {
    expect(page.headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
  });
});

describe('a page', () => {
  it('escapes even the URL it is given', () => {
    const { body } = outcomePage('declined', { startAgainUrl: '"><script>alert(1)</script>' });
    expect(body).not.toContain('<script>');
    expect(body).toContain('&quot;&gt;&lt;script&gt;');
  });
});

describe('a redirect', () => {
  it('is a 303 without a body', () => {
    const result = redirect('https://app.example/', ['a=b']);
    expect(result).toMatchObject({ statusCode: 303, body: '', cookies: ['a=b'] });
    expect(result.headers.location).toBe('https://app.example/');
  });
});
