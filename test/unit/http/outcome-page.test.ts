import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createOutcomePage } from '../../../functions/adapters/http/outcome-page.ts';
import { PAGE_TEXTS, type PageLanguage } from '../../../functions/adapters/http/page-language.ts';
import { redirect } from '../../../functions/adapters/http/responses.ts';
import { withPageBoundary } from '../../../functions/adapters/http/routing.ts';
import type { ConsentOutcomeKind } from '../../../functions/core/consent/consent-outcome.ts';
import { createCollectingTelemetry } from '../../support/fakes/collecting-telemetry.ts';
import { htmlOutline, htmlText } from './html-outline.ts';

const KINDS = Object.keys(PAGE_TEXTS.en.outcomes) as ConsentOutcomeKind[];
const LANGUAGES = Object.keys(PAGE_TEXTS) as PageLanguage[];
const SETTINGS = { appName: 'Photos & Co', supportUrl: 'https://help.example/?topic=adobe&lang=en' };
const STATE = 'state-that-stays-hidden';

const page = createOutcomePage(SETTINGS);

function asking(language: string) {
  return { headers: { 'accept-language': language } };
}

describe.each(LANGUAGES)('every page in %s', (language) => {
  const pages = KINDS.map((kind) => {
    const result = page(asking(language), kind, { startAgainUrl: 'authorize' });
    const elements = htmlOutline(result.body);
    const named = (name: string) => elements.filter((element) => element.name === name);
    return { kind, result, elements, named };
  });

  it('is a complete document in one language, for a phone, a keyboard and a screen reader', () => {
    for (const { kind, result, named } of pages) {
      expect(result.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(result.headers['content-language']).toBe(language);
      expect(named('html').map(({ attributes }) => attributes.lang)).toEqual([language]);
      expect(
        named('h1').map(({ path }) => path),
        kind,
      ).toEqual([['html', 'body', 'main']]);
      expect(
        named('title').map(({ path }) => path),
        kind,
      ).toEqual([['html', 'head']]);
      expect(named('main'), kind).toHaveLength(1);
      expect(named('meta').map(({ attributes }) => attributes)).toContainEqual({
        name: 'viewport',
        content: 'width=device-width, initial-scale=1',
      });
      for (const { attributes } of named('svg')) expect(attributes['aria-hidden']).toBe('true');
      for (const { attributes } of named('a')) expect(attributes.href).not.toBe('');
    }
  });

  it('says what happened and what to do', () => {
    for (const { kind, result } of pages) {
      const { title, happened, next } = PAGE_TEXTS[language].outcomes[kind];
      for (const text of [title, happened, next]) expect(htmlText(result.body)).toContain(text);
    }
  });

  it('allows nothing but its own stylesheet, and needs nothing else', () => {
    for (const { kind, result, elements } of pages) {
      const [style = ''] = /(?<=<style>)[\s\S]*(?=<\/style>)/.exec(result.body) ?? [];
      const hash = createHash('sha256').update(style).digest('base64');
      expect(result.headers['content-security-policy'], kind).toBe(
        `default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
      );
      expect(style).not.toMatch(/url\(|@import|@font-face/);
      const names = elements.map(({ name }) => name);
      const fetching = ['script', 'link', 'img', 'iframe', 'form', 'object', 'base'];
      expect(
        names.filter((name) => fetching.includes(name)),
        kind,
      ).toEqual([]);
      const attributes = elements.flatMap((element) => Object.keys(element.attributes));
      expect(
        attributes.filter((name) => /^on|^style$|^src/.test(name)),
        kind,
      ).toEqual([]);
    }
  });

  it('is neither cached, framed nor referred from', () => {
    for (const { kind, result, named } of pages) {
      expect(result.headers, kind).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        vary: 'accept-language',
      });
      for (const { attributes } of named('a')) expect(attributes.rel, kind).toBe('noreferrer');
    }
  });

  it('offers help wherever something is left to do', () => {
    for (const { kind, named } of pages) {
      const hrefs = named('a').map(({ attributes }) => attributes.href);
      const help = 'https://help.example/?topic=adobe&amp;lang=en';
      expect(hrefs, kind).toEqual(kind === 'connected' ? ['authorize'] : ['authorize', help]);
    }
  });
});

describe('a page', () => {
  it('shows the name of the app', () => {
    const { body } = page(asking('en'), 'declined');
    expect(body).toContain('<title>Nothing was connected – Photos &amp; Co</title>');
    expect(body).toContain('<p class="app" translate="no">Photos &amp; Co</p>');
  });

  it('works without a name and without a support address', () => {
    const { body } = createOutcomePage({})(asking('de'), 'declined');
    expect(body).toContain('<title>Es wurde nichts verbunden – Adobe-Verbindung</title>');
    expect(body).not.toContain('class="app"');
    expect(htmlOutline(body).map(({ name }) => name)).not.toContain('a');
  });

  it('may offer an e-mail address', () => {
    const { body } = createOutcomePage({ supportUrl: 'mailto:help@app.example' })({}, 'declined');
    expect(body).toContain('<a class="support" href="mailto:help@app.example" rel="noreferrer">Get help</a>');
  });

  it("escapes even the operator's texts and the vault's own URL", () => {
    const hostile = '"><script>alert(1)</script>';
    const { body } = createOutcomePage({ appName: hostile, supportUrl: hostile })({}, 'declined', {
      startAgainUrl: hostile,
    });
    expect(body).not.toContain('<script>');
    expect(body.split('&quot;&gt;&lt;script&gt;')).toHaveLength(5);
    expect(() => htmlOutline(body)).not.toThrow();
  });

  it('shows nothing of the request, whatever a header holds', () => {
    const clean = page({}, 'declined');
    for (const header of [
      `<script>${STATE}</script>`,
      `xx-${STATE}`,
      `"${STATE}`,
      'é'.repeat(5000),
      '\u0000',
    ]) {
      const headers = { 'accept-language': header, host: STATE, cookie: STATE, referer: STATE };
      expect(page({ headers }, 'declined')).toEqual(clean);
    }
  });

  it('in dark mode differs only in its colours', () => {
    expect(page({}, 'connected').body).toContain('@media (prefers-color-scheme: dark)');
    expect(page({}, 'connected').body).toContain('<meta name="color-scheme" content="light dark">');
  });

  it('replaces an answer that failed, in the language of the browser', async () => {
    const telemetry = createCollectingTelemetry();
    const failing = withPageBoundary(() => Promise.reject(new Error('no')), { telemetry, page });
    const result = await failing(
      { routeKey: 'GET /callback', ...asking('fr-CH, de;q=0.5') },
      { getRemainingTimeInMillis: () => 1000 },
    );
    expect(result.statusCode).toBe(503);
    expect(result.body).toContain(PAGE_TEXTS.fr.outcomes.vault_unavailable.title);
    expect(telemetry.total('ConsentOutcomes', { outcome: 'vault_unavailable' })).toBe(1);
  });
});

describe('a redirect', () => {
  it('is a 303 without a body', () => {
    const result = redirect('https://app.example/', ['a=b']);
    expect(result).toMatchObject({ statusCode: 303, body: '', cookies: ['a=b'] });
    expect(result.headers.location).toBe('https://app.example/');
  });
});
