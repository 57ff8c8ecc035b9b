import { always, drop, never, replace } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { testFile } from './proofs.ts';

const oneGrant = testFile('test/unit/rotation/one-grants-answer.test.ts');
const credential = testFile('test/unit/rotation/refused-credential.test.ts');
const lastChance = testFile('test/unit/rotation/last-chance.test.ts');
const forged = testFile('test/unit/rotation/forged-breakers.test.ts');
const answers = testFile('test/unit/adapters/ims/read-token-error.test.ts');

/** What one connection meets must not stop the others. */
export const BREAKER_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'odd answers: a refused scope is taken for a refused credential',
    changes: [always('observed', 'isCredentialError(')],
    noticedBy: [oneGrant('holds no other connection’s post')],
  },
  {
    safeguard: 'odd answers: an unknown 4xx is taken for a lost answer',
    changes: [replace('observed', "kind: 'odd', error", "kind: 'unknown', error")],
    noticedBy: [oneGrant('holds no other connection’s post')],
  },
  {
    safeguard: 'odd answers: a trial that brought one is spent',
    changes: [replace('withTrialGivenBack', 'open)', 'open || nowMs > 0)')],
    noticedBy: [oneGrant('closes no breaker, and gives the trial back')],
  },
  {
    safeguard: 'odd answers: many of them at once are believed of each connection',
    changes: [replace('isOddBurst', '>= ODD_BURST.connections', '< 0')],
    noticedBy: [oneGrant('raises an alarm and calls no connection revoked')],
  },
  {
    safeguard: 'odd answers: a success does not end their burst',
    changes: [replace('afterSuccess', '{ odd: _, ...breakers }', 'breakers')],
    noticedBy: [oneGrant('with a success between them is no news')],
  },
  {
    safeguard: 'a trial that posts nothing: it is spent',
    changes: [drop('rotateToken', '.unused')],
    noticedBy: [oneGrant('is given back to the others')],
  },
  {
    safeguard: 'ill connections: what they meet opens breakers',
    changes: [never('isNews', "'ill'")],
    noticedBy: [oneGrant('opens no breaker by answers that are lost')],
  },
  {
    safeguard: 'ill connections: they take the trials',
    changes: [replace('TRIAL_DELAY_MS', 'HOUR_MS', '0')],
    noticedBy: [oneGrant('leaves the trial of a breaker to others')],
  },
  {
    safeguard: 'ill connections: an answer lost again counts again',
    changes: [replace('isNews', "lastAnswer?.kind !== 'lost'", 'true')],
    noticedBy: [oneGrant('hold nobody else, though they fail forever')],
  },
  {
    safeguard: 'ill connections: a credential refused for one alone holds all again',
    changes: [
      replace('isNews', "kind !== 'misconfigured' || lastAnswer?.kind !== 'credential-refused'", 'true'),
    ],
    noticedBy: [credential('opens the breaker once')],
  },
  {
    safeguard: 'being asked to wait: one connection slows the fleet',
    changes: [replace('isThrottled', 'THROTTLE.connections', '1')],
    noticedBy: [oneGrant('again and again slows nobody else')],
  },
  {
    safeguard: 'being asked to wait: successes beside it do not count',
    changes: [replace('isThrottled', 'sinceLastSuccess(recent)', 'recent')],
    noticedBy: [oneGrant('does not slow it with a success between them')],
  },
  {
    safeguard: 'being asked to wait: callers are held',
    changes: [replace('isServedAnyway', 'THROTTLED', "''")],
    noticedBy: [oneGrant('holds no caller: it costs no grant')],
  },
  {
    safeguard: 'ill connections: they are posted at every chance',
    changes: [replace('patienceMs', 'PATIENCE_SHARE', '0')],
    noticedBy: [oneGrant('is posted less and less')],
  },
  {
    safeguard: 'ill connections: the pause takes no notice of their end',
    changes: [replace('patienceMs', 'LIFE_SHARE', '1')],
    noticedBy: [oneGrant('is tried more often as its end comes closer')],
  },
  {
    safeguard: 'narrower scopes: their refusal is told to the breakers',
    changes: [replace('observed', "if (narrowed) return { kind: 'nothing' };", '')],
    noticedBy: [oneGrant('tells the breakers nothing')],
  },
  {
    safeguard: 'last chance: a breaker holds a connection to its end',
    changes: [replace('isLastChance', 'nowMs >= fromMs', 'nowMs < 0')],
    noticedBy: [lastChance('has at least one try, also when every trial')],
  },
  {
    safeguard: 'last chance: it is given again and again',
    changes: [drop('isLastChance', '!hadIt')],
    noticedBy: [lastChance('has one and no more')],
  },
  {
    safeguard: 'last chance: a fleet has it at one moment',
    changes: [replace('isLastChance', 'shareOf(connectionId', '(shareOf(connectionId) && 1')],
    noticedBy: [lastChance('the fleet has them hours apart')],
  },
  {
    safeguard: 'changed secret: the breaker’s pause is waited for',
    changes: [
      replace(
        'passesCredential',
        "!== 'not-configured' && secrets.versionId !== credential.secretVersion",
        '=== undefined',
      ),
    ],
    noticedBy: [credential('is tried by the next caller')],
  },
  {
    safeguard: 'changed secret: a caller waits as long as the connection was held',
    changes: [replace('isHeldByBreaker', 'heldUntilMs ==', 'heldUntilMs !=')],
    noticedBy: [credential('is tried by the next caller')],
  },
  {
    safeguard: 'changed secret: a wrong one is tried by each',
    changes: [
      replace(
        'afterCredentialRefusal',
        '{ ...breakers, credential: { ...credential, ...version } }',
        'breakers',
      ),
    ],
    noticedBy: [credential('is tried once for all where it is wrong as well')],
  },
  {
    safeguard: 'changed secret: an operator’s rotation waits',
    changes: [drop('passesCredential', '.request')],
    noticedBy: [credential('is a trial while the credential is refused')],
  },
  {
    safeguard: 'forged breaker: its end is believed',
    changes: [replace('boundedBreaker', '? nowMs :', '? openUntilMs :')],
    noticedBy: [forged('is a misreading')],
  },
  {
    safeguard: 'forged breaker: its end is shortened again at each look',
    changes: [never('boundedBreaker')],
    noticedBy: [forged('is a misreading')],
  },
  {
    safeguard: '401: its words about the grant are not read',
    changes: [replace('readTokenError', '401 && isBare(fields, error)', '401')],
    noticedBy: [answers('words about the grant win over the status 401')],
  },
  {
    safeguard: '404: its words are believed',
    changes: [replace('readTokenError', '&& REFUSING_STATUSES.has(status)', '')],
    noticedBy: [answers('is no dead grant, whatever its words')],
  },
];
