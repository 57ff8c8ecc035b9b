import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BundledPackage, identity } from './bundled-packages.ts';

const LICENCE_FILE = /^(licen[cs]e|notice|copyrightnotice)(\.(md|txt))?$/i;
const RULE = '-'.repeat(80);

/**
 * The licence texts of all packages in the bundles, which these licences require in every copy. Packages with the same
 * text share a section.
 */
export async function thirdPartyNotices(packages: readonly BundledPackage[]): Promise<string> {
  const sections = new Map<string, string[]>();
  for (const one of packages) {
    const text = await licenceText(one);
    sections.set(text, [...(sections.get(text) ?? []), `${identity(one)} (${one.license})`]);
  }
  const written = [...sections].map(([text, names]) => `${RULE}\n${names.join('\n')}\n\n${text}\n`);
  return ['The bundles in this package contain parts of the packages below.\n', ...written].join('\n');
}

async function licenceText({ directory, license }: BundledPackage): Promise<string> {
  const files = (await readdir(directory)).filter((name) => LICENCE_FILE.test(name)).sort();
  const texts = await Promise.all(files.map((name) => readFile(join(directory, name), 'utf8')));
  const text = texts.map((one) => one.replaceAll('\r\n', '\n').trim()).join('\n\n');
  return text === '' ? `Its package states the licence ${license} and brings no text of it.` : text;
}
