import type { Standard, StandardItem, TestReference } from '../../test/unit/standards/items/item.ts';
import { wrapProse } from './wrap-prose.ts';

const HEAD = `# Standards

This page lists what published standards require of a confidential OAuth client, and the test that shows it. \`npm run docs\` generates it from \`test/unit/standards/items/\`. A test fails when it is stale. Each test in \`test/unit/standards/standards.test.ts\` is named after its section. It runs against the real routes, use cases, cookies and the real adapter to Adobe, with a stand-in that binds codes as the standards require.
`;

/** `docs/generated/standards.md`, whole. */
export function standardsPage(standards: readonly Standard[]): string {
  const summary = standards.map(
    (standard) => `| [${standard.name}](${standard.url}) | ${standard.title} | ${countOf(standard)} |`,
  );
  return wrapProse(
    [HEAD, table(['standard', 'title', 'items tested'], summary), ...standards.map(chapter)].join('\n'),
  );
}

const countOf = ({ items }: Standard) => Object.keys(items).length;

function chapter(standard: Standard): string {
  const { name, url, items, foreign } = standard;
  const rows = Object.values(items).map((item) => row(item));
  const others = foreign.map(
    ({ section, requirement, reason }) => `| §${section} | ${requirement} | ${reason} |`,
  );
  return [
    `## ${name}\n`,
    `[The text](${url}).\n`,
    table(['section', 'the vault (and name of the test)', 'status', 'more tests'], rows),
    'Not required of this client:\n',
    table(['section', 'what', 'why'], others),
  ].join('\n');
}

function row({ section, requirement, exception, also = [] }: StandardItem): string {
  const status = exception === undefined ? 'tested' : `tested, with an exception: ${exception}`;
  return `| §${section} | ${requirement} | ${status} | ${also.map(reference).join('<br>')} |`;
}

const reference = ({ file, name }: TestReference) => `\`${file}\`: ${name}`;

function table(head: readonly string[], rows: readonly string[]): string {
  return `| ${head.join(' | ')} |\n${'|---'.repeat(head.length)}|\n${rows.join('\n')}\n`;
}
