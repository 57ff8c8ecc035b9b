import type { Mutant } from '../mutant.ts';
import { testFile } from './proofs.ts';

const MOMENT = 'functions/core/moment.ts';

const requests = testFile('test/unit/import/import-requests.test.ts');
const moments = testFile('test/unit/time/moment.test.ts');

/** What a text or a claim from outside says about time. */
export const IMPORT_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'moments from outside: a line with an unreadable end is imported',
    edits: [
      {
        file: 'functions/import/import-line.ts',
        find: '(time) => rfc3339Ms(time) !== undefined',
        replace: '(time) => time !== ""',
      },
    ],
    proof: requests,
    says: 'has 2030-01-20T00:00:00+05 for an end of life',
  },
  {
    safeguard: 'moments from outside: days that no calendar has',
    edits: [
      {
        file: MOMENT,
        find: 'Number.isFinite(epochMs) && new Date(epochMs).toISOString().startsWith(text)',
        replace: 'Number.isFinite(epochMs)',
      },
    ],
    proof: moments,
    says: 'has a day the month lacks',
  },
  {
    safeguard: 'moments from outside: any number is a moment',
    edits: [
      {
        file: MOMENT,
        find: 'epochMs !== undefined && epochMs >= EARLIEST_MS && epochMs < LATEST_MS ? epochMs : undefined',
        replace: 'epochMs',
      },
    ],
    proof: requests,
    says: 'a token that claims a beginning in seconds is imported',
  },
  {
    safeguard: 'moments from outside: one is written without a bound',
    edits: [
      {
        file: MOMENT,
        find: 'new Date(Math.min(Math.max(epochMs, 0), END_OF_CALENDAR_MS))',
        replace: 'new Date(epochMs)',
      },
    ],
    proof: moments,
    says: 'can be written',
  },
  {
    safeguard: 'moments from outside: a token is believed to live for minutes',
    edits: [
      {
        file: 'functions/adapters/ims/refresh-token-reader.ts',
        find: 'const SHORTEST_CREDIBLE_LIFE_MS = 3_600_000;',
        replace: 'const SHORTEST_CREDIBLE_LIFE_MS = 1;',
      },
    ],
    proof: requests,
    says: 'a token that claims a life in seconds is imported',
  },
];
