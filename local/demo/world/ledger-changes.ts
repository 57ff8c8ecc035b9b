import type { UserLedger } from '../../ims/ledger.ts';

/** What happened at IMS between two readings of one user's ledger, in sentences. */
export function ledgerChanges(name: string, before: UserLedger | undefined, after: UserLedger): string[] {
  const since = (of: (ledger: UserLedger) => number): number => of(after) - (before ? of(before) : 0);
  const grown = (of: (ledger: UserLedger) => Record<string, number>): [string, number][] =>
    Object.keys(of(after))
      .map((key): [string, number] => [key, since((ledger) => of(ledger)[key] ?? 0)])
      .filter(([, count]) => count > 0);

  return [
    ...grown(({ consents }) => consents).map(
      ([decision]) => `asked ${name} on its consent page, who answered: ${decision}.`,
    ),
    ...counted(
      since(({ tokenSuccesses }) => tokenSuccesses.authorization_code),
      `exchanged the authorization code of ${name} for tokens.`,
    ),
    ...counted(
      since(({ tokenSuccesses }) => tokenSuccesses.refresh_token),
      `took the refresh token of ${name} and gave new tokens.`,
    ),
    ...grown(({ refusals }) => refusals).map(([error, count]) => `refused ${name}: ${error}${times(count)}.`),
    ...grown(({ faults }) => faults).map(
      ([fault, count]) => `was out of order for ${name}: ${fault}${times(count)}.`,
    ),
    ...counted(
      since(({ revocationsConfirmed }) => revocationsConfirmed.refresh),
      `confirmed that the refresh token of ${name} is revoked.`,
    ),
    ...counted(
      since(({ revocationsConfirmed }) => revocationsConfirmed.access),
      `confirmed that an access token of ${name} is revoked.`,
    ),
  ];
}

function counted(count: number, text: string): string[] {
  return count > 0 ? [count === 1 ? text : `${text.slice(0, -1)}${times(count)}.`] : [];
}

function times(count: number): string {
  return count === 1 ? '' : ` (${count} times)`;
}
