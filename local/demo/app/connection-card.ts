import type { ConnectionStatusResponse } from '../../../functions/client/contract.ts';
import { type Html, html } from './html.ts';
import { dateAndTime, distance, hoursUntil } from './moments.ts';
import { problemText } from './outcome-texts.ts';
import type { Session, SessionConnection } from './sessions.ts';
import type { VaultAnswer } from './vault-api.ts';

/** Adobe's refresh tokens live 14 days; the meter's full length. */
const LONGEST_HOURS = 14 * 24;

const STATES: Readonly<Record<string, string>> = {
  active: 'Connected',
  suspect: 'Adobe refused once; the vault makes sure before it gives up',
  'needs-user-action': 'Adobe asks you to do something first',
  'needs-reauthorization': 'Ended at Adobe: sign in again',
  disconnecting: 'Being disconnected',
};

export const signInCard = (ownPageUrl: string): Html => html`
<h2 id="card-title">Your Adobe connection</h2>
<p>You have not connected your Adobe account to this application.</p>
<p><a class="button primary" href="/connect">Sign in with Adobe</a></p>
<details>
  <summary>Other ways to sign in</summary>
  <p><a href="/sign-in">Sign in as whoever Adobe says you are</a>: the vault derives the connection’s id from your Adobe
    account. The reading Lambda may act for <code>demo.*</code> only, so IAM will refuse it.</p>
  <p><a href="${ownPageUrl}">Sign in without any application</a>: the vault shows a page of its own.</p>
</details>`;

export const connectionCard = (
  session: Session,
  connection: SessionConnection,
  answer: VaultAnswer<ConnectionStatusResponse>,
  nowMs: number,
): Html => {
  if (!answer.ok && answer.problem.code !== 'connection_not_found') {
    return html`
<h2 id="card-title">Your Adobe connection</h2>
<p>${problemText(answer)}</p>`;
  }
  return html`
<h2 id="card-title">Your Adobe connection</h2>
${answer.ok ? facts(answer.value, nowMs) : html`<p><span class="state" data-state="disconnected">Disconnected</span></p>`}
<div class="actions">
  ${answer.ok ? action('/catalog', 'Read my Lightroom catalog', 'primary') : undefined}
  ${answer.ok ? action('/disconnect', 'Disconnect') : undefined}
  ${isEnded(answer) ? html`<a class="button primary" href="${wayBack(connection)}">Sign in with Adobe</a>` : undefined}
</div>
<p class="fine">You are <code>${session.userId}</code> here; the browser never carries the connection’s id.</p>`;
};

export const action = (path: string, label: string, tone = 'plain'): Html =>
  html`<form method="post" action="${path}"><button class="button ${tone}">${label}</button></form>`;

const facts = (status: ConnectionStatusResponse, nowMs: number): Html => html`
<p><span class="state" data-state="${status.state}">${STATES[status.state] ?? status.state}</span></p>
<dl>
  <div><dt>Connection</dt><dd><code>${status.connectionId}</code></dd></div>
  <div><dt>Allowed</dt><dd>${status.scopes.map((scope) => html`<code>${scope}</code> `)}</dd></div>
  <div><dt>Next rotation</dt><dd>${moment(status.nextRotationAt, nowMs)}</dd></div>
  <div><dt>Refresh token lapses</dt><dd>${moment(status.refreshExpiresAt, nowMs)}</dd></div>
  ${status.refreshExpiresAt === undefined ? undefined : safety(Date.parse(status.refreshExpiresAt), nowMs)}
</dl>`;

const safety = (lapsesAtMs: number, nowMs: number): Html => {
  const hours = hoursUntil(lapsesAtMs, nowMs);
  return html`<div><dt id="safety">Hours of safety</dt><dd>${hours}
<meter aria-labelledby="safety" min="0" max="${LONGEST_HOURS}" low="72" value="${hours}">${hours} hours</meter></dd></div>`;
};

const moment = (iso: string | undefined, nowMs: number): Html => {
  if (iso === undefined) return html`not planned`;
  const atMs = Date.parse(iso);
  return html`<time datetime="${iso}">${dateAndTime(atMs)}</time>, ${distance(atMs, nowMs)}`;
};

const isEnded = (answer: VaultAnswer<ConnectionStatusResponse>): boolean =>
  !answer.ok || answer.value.state === 'needs-reauthorization';

const wayBack = ({ kind }: SessionConnection): string => (kind === 'known-user' ? '/connect' : '/sign-in');
