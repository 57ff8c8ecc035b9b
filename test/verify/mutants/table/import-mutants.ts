import { always, become, drop, replace } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { testFile } from './proofs.ts';

const requests = testFile('test/unit/import/import-requests.test.ts');
const moments = testFile('test/unit/time/moment.test.ts');

/** What a text or a claim from outside says about time. */
export const IMPORT_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'moments from outside: a line with an unreadable end is imported',
    changes: [replace('importLineBody', 'rfc3339Ms(time) !== undefined', "time !== ''")],
    noticedBy: [requests('has 2030-01-20T00:00:00+05 for an end of life')],
  },
  {
    safeguard: 'moments from outside: days that no calendar has',
    changes: [drop('calendarMs', 'new Date(')],
    noticedBy: [moments('has a day the month lacks')],
  },
  {
    safeguard: 'moments from outside: any number is a moment',
    changes: [always('plausibleMs')],
    noticedBy: [requests('a token that claims a beginning in seconds is imported')],
  },
  {
    safeguard: 'moments from outside: one is written without a bound',
    changes: [become('isoTime', 'new Date(epochMs).toISOString()')],
    noticedBy: [moments('can be written')],
  },
  {
    safeguard: 'moments from outside: a token is believed to live for minutes',
    changes: [become('SHORTEST_CREDIBLE_LIFE_MS', '1')],
    noticedBy: [requests('a token that claims a life in seconds is imported')],
  },
];
