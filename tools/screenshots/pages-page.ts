import { PAGE_TEXTS } from '../../functions/adapters/http/page-language.ts';
import { type ConsentOutcomeKind, isSuccess } from '../../functions/core/consent/consent-outcome.ts';
import { OUTCOMES } from '../../test/support/pages/rendered-pages.ts';
import { OUTCOME_OCCASIONS } from './outcome-occasions.ts';

export type Picture = 'light' | 'dark' | 'phone';

const LANGUAGE_NAMES = new Intl.DisplayNames('en', { type: 'language' });

export function pictureOf(kind: ConsentOutcomeKind, picture: Picture): string {
  return `images/pages/${kind.replaceAll('_', '-')}-${picture}.png`;
}

/** `docs/generated/pages.md`, in which every outcome can be seen. */
export function pagesPage(): string {
  const languages = Object.keys(PAGE_TEXTS).map((tag) => LANGUAGE_NAMES.of(tag));
  return `# What users see

Every way a consent can end has a page of the vault’s own, in ${languages.slice(0, -1).join(', ')} and ${languages.at(-1)} (by \`Accept-Language\`), in light and in
dark, on a phone, without script and without anything from elsewhere. An app that gave a return URL gets the browser back instead, with
\`connection_code\` or with \`error=\` and the name of the outcome. Each is counted by the metric \`ConsentOutcomes\`, or \`ConsentsRefused\` where nothing was begun.
The settings \`appName\` and \`supportUrl\` put your app’s name and a link to help on them; the words are in
\`functions/adapters/http/page-texts/en.ts\` and its neighbours.

Pictures and page: \`npm run screenshots\`. That all of them can be used by everybody is tested in \`test/e2e/outcome-pages.test.ts\` (axe-core, in
light and dark and four languages), and how one gets there in \`test/e2e/consent-journeys.test.ts\`.

${OUTCOMES.map(section).join('\n')}`;
}

/** Here the vault does not know whose attempt it is. */
const ON_OWN_PAGE: ReadonlySet<ConsentOutcomeKind> = new Set(['other_browser', 'invalid_request']);

function section(kind: ConsentOutcomeKind): string {
  const { title } = PAGE_TEXTS.en.outcomes[kind];
  const told = isSuccess(kind) ? 'The app gets `connection_code=…`.' : `The app gets \`error=${kind}\`.`;
  return `## \`${kind}\`

${OUTCOME_OCCASIONS[kind]} ${ON_OWN_PAGE.has(kind) ? 'The app hears nothing: nobody knows which one it is, and the vault shows its own page.' : told}

<picture><source media="(prefers-color-scheme: dark)" srcset="../${pictureOf(kind, 'dark')}"><img src="../${pictureOf(kind, 'light')}" width="560" alt="${title}"></picture>
<img src="../${pictureOf(kind, 'phone')}" width="220" alt="The same on a phone">
`;
}
