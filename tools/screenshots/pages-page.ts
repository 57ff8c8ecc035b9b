import { PAGE_TEXTS } from '../../functions/adapters/http/page-language.ts';
import { type ConsentOutcomeKind, isSuccess } from '../../functions/core/consent/consent-outcome.ts';
import { OUTCOMES } from '../../test/support/pages/rendered-pages.ts';
import { wrapProse } from '../docs/wrap-prose.ts';
import { OUTCOME_OCCASIONS } from './outcome-occasions.ts';

export type Picture = 'light' | 'dark' | 'phone';

const LANGUAGE_NAMES = new Intl.DisplayNames('en', { type: 'language' });

export function pictureOf(kind: ConsentOutcomeKind, picture: Picture): string {
  return `images/pages/${kind.replaceAll('_', '-')}-${picture}.png`;
}

/** `docs/generated/pages.md`, in which every outcome can be seen. */
export function pagesPage(): string {
  const languages = Object.keys(PAGE_TEXTS).map((tag) => LANGUAGE_NAMES.of(tag));
  return wrapProse(`# What users see

A consent has one of these outcomes. If the app gave a return URL, the browser returns there, with \`connection_code\` or with \`error=\` and the name of the outcome. Otherwise the vault shows a page.

The pages are in ${languages.slice(0, -1).join(', ')} and ${languages.at(-1)} (by \`Accept-Language\`), for light and dark screens and for phones. They have no script and load nothing from other hosts. The settings \`appName\` and \`supportUrl\` add your app’s name and a link to help. The texts are in \`functions/adapters/http/page-texts/en.ts\` and the files next to it. The metric \`ConsentOutcomes\` counts each outcome; \`ConsentsRefused\` counts those where no sign-in began.

\`npm run screenshots\` generates the pictures and this page. \`test/e2e/outcome-pages.test.ts\` tests that the pages are accessible (axe-core, light and dark, four languages). \`test/e2e/consent-journeys.test.ts\` tests the ways to get there.

${OUTCOMES.map(section).join('\n')}`);
}

/** Here the vault does not know which app the transaction belongs to. */
const ON_OWN_PAGE: ReadonlySet<ConsentOutcomeKind> = new Set(['other_browser', 'invalid_request']);

function section(kind: ConsentOutcomeKind): string {
  const { title } = PAGE_TEXTS.en.outcomes[kind];
  const answer = isSuccess(kind) ? 'The app gets `connection_code=…`.' : `The app gets \`error=${kind}\`.`;
  return `## \`${kind}\`

${OUTCOME_OCCASIONS[kind]} ${ON_OWN_PAGE.has(kind) ? 'The vault does not know the app, so it shows its own page.' : answer}

<picture><source media="(prefers-color-scheme: dark)" srcset="../${pictureOf(kind, 'dark')}"><img src="../${pictureOf(kind, 'light')}" width="560" alt="${title}"></picture>
<img src="../${pictureOf(kind, 'phone')}" width="220" alt="The same on a phone">
`;
}
