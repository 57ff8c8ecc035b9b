import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { pagesOfProject, ROOT } from '../../../tools/docs/excerpts.ts';

interface Link {
  readonly page: string;
  readonly target: string;
}

const PAGES = await pagesOfProject();
const LINK = /\]\((?<link>[^)\s]+)\)|(?:src|srcset)="(?<source>[^"]+)"/g;
const FILE_IN_CODE =
  /`(?<file>(?:bin|cli|client|docs|examples|functions|lib|local|test|tools)\/[\w./-]+\.\w+)`/g;
const FOLDER_IN_CODE =
  /`(?<file>(?:bin|cli|client|docs|examples|functions|lib|local|test|tools)\/[\w./-]+\/)`/g;
const ELSEWHERE = /^(?:https?|mailto):/;
/** Decisions are history: they name files as they were. */
const LIVING_PAGES = PAGES.filter((page) => !/^docs\/decisions\/\d/.test(page));

test('every link in a page leads to a file and, where it names one, to a heading', () => {
  const links = PAGES.flatMap((page) => linksIn(page, read(page)));
  expect(links.length).toBeGreaterThan(150);
  expect(links.filter((link) => !isThere(link))).toEqual([]);
});

test('the index leads to every page', () => {
  const indexed = new Set(
    linksIn('docs/README.md', read('docs/README.md')).map(({ target }) => normalize(join('docs', target))),
  );
  const pages = LIVING_PAGES.filter((page) => page !== 'docs/README.md' && page !== 'CHANGELOG.md');
  expect(pages.filter((page) => !indexed.has(page))).toEqual([]);
});

test('every file and folder that a page names exists', () => {
  const named = LIVING_PAGES.flatMap((page) =>
    [...read(page).matchAll(FILE_IN_CODE), ...read(page).matchAll(FOLDER_IN_CODE)].map(({ groups }) => ({
      page,
      file: groups?.file ?? '',
    })),
  );
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(({ file }) => !existsSync(join(ROOT, file)))).toEqual([]);
});

test('every file that a page names without its folder exists', () => {
  const folders = ['bin', 'cli', 'client', 'examples', 'functions', 'lib', 'local', 'test', 'tools'];
  const files = new Set(
    folders.flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => basename(path)),
    ),
  );
  const named = LIVING_PAGES.flatMap((page) =>
    [...read(page).matchAll(/`([\w-]+\.ts)`/g)].map(([, file = '']) => ({ page, file })),
  );
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter(({ file }) => !files.has(file))).toEqual([]);
});

test.each([
  ['README.md', '[x](docs/gone.md)', false],
  ['README.md', '[x](docs/glossary.md#gone)', false],
  ['README.md', '[x](docs/glossary.md#glossary)', true],
  ['docs/glossary.md', '[x](../README.md)', true],
])('a link of %s is looked up: %s', (page, text, there) => {
  expect(linksIn(page, text).map(isThere)).toEqual([there]);
});

function read(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

function linksIn(page: string, text: string): readonly Link[] {
  return [...text.matchAll(LINK)]
    .map(({ groups }) => ({ page, target: groups?.link ?? groups?.source ?? '' }))
    .filter(({ target }) => !ELSEWHERE.test(target));
}

function isThere({ page, target }: Link): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(join(ROOT, file))) return false;
  return anchor === undefined || !file.endsWith('.md') || anchorsOf(read(file)).has(anchor);
}

/** Anchors as GitHub makes them of headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  const withoutCode = text.replaceAll(/^```[\s\S]*?^```$/gm, '');
  return new Set(
    [...withoutCode.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
