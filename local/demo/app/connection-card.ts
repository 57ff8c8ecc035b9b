import type { ConnectionStatusResponse } from '../../../client/contract.ts';
import { type Html, html } from './html.ts';
import { lifeLine } from './life-line.ts';
import { distance, hoursUntil, shortMoment } from './moments.ts';
import { problemText } from './outcome-texts.ts';
import type { Session, SessionConnection } from './sessions.ts';
import type { VaultAnswer } from './vault-api.ts';

const STATES: Readonly<Record<string, string>> = {
  active: 'Connected',
  suspect: 'Adobe refused; the vault makes sure',
  'needs-user-action': 'Adobe asks you to do something first',
  'needs-reauthorization': 'Ended at Adobe: sign in again',
  disconnecting: 'Being disconnected',
};

const TITLE = html`<h2 id="card-title">Your Adobe connection</h2>`;
const SIGN_IN = 'Sign in with Adobe';

export function signInCard(ownPageUrl: string): Html {
  return html`
<div class="head">${TITLE}<span class="pill">Not connected</span></div>
<p>You have not connected your Adobe account to this application. No one can read your photos yet.</p>
<p><a class="button primary large" href="/connect">${SIGN_IN}</a></p>
<ol class="steps">
  <li>You say yes, once, on Adobe’s page. Here a stand-in acts as Adobe; choose any of its users.</li>
  <li>The vault seals your refresh token and sets a schedule for its rotation, about a week ahead.</li>
  <li>Let time pass, revoke, take Adobe down, and watch what the vault makes of it.</li>
</ol>
<details>
  <summary>Other ways to sign in</summary>
  <p><a href="/sign-in">Sign in with the Adobe account you choose</a>: the vault derives the connection’s id from your Adobe
    account. The reading Lambda may act for <code>demo.*</code> only, so IAM will refuse it.</p>
  <p><a href="${ownPageUrl}">Sign in without any application</a>: the vault shows a page of its own.</p>
</details>`;
}

export function connectionCard(
  session: Session,
  connection: SessionConnection,
  answer: VaultAnswer<ConnectionStatusResponse>,
  nowMs: number,
): Html {
  if (!answer.ok && answer.problem.code !== 'connection_not_found') {
    return html`
<div class="head">${TITLE}</div>
<p>${problemText(answer)}</p>`;
  }
  return html`
<div class="head">${TITLE}${statePill(answer.ok ? answer.value.state : 'disconnected')}</div>
${answer.ok ? facts(answer.value, nowMs) : html`<p>Every token of this connection is revoked at Adobe and gone from the vault.</p>`}
<div class="actions">
  ${answer.ok ? action('/catalog', 'Read my Lightroom catalog', 'primary') : undefined}
  ${answer.ok ? action('/disconnect', 'Disconnect') : undefined}
  ${isEnded(answer) ? html`<a class="button primary" href="${wayBack(connection)}">${SIGN_IN}</a>` : undefined}
</div>
<p class="fine">You are <code>${session.userId}</code> here; the browser never carries the connection’s id.</p>`;
}

export function action(path: string, label: string, tone = 'plain'): Html {
  return html`<form method="post" action="${path}"><button class="button ${tone}">${label}</button></form>`;
}

function statePill(state: string): Html {
  return html`<span class="pill state" data-state="${state}">${STATES[state] ?? 'Disconnected'}</span>`;
}

function facts(status: ConnectionStatusResponse, nowMs: number): Html {
  return html`
${status.refreshExpiresAt === undefined || isOver(status) ? undefined : safety(status, Date.parse(status.refreshExpiresAt), nowMs)}
<dl>
  <div><dt>${nextStep(status)}</dt><dd>${moment(status.nextRotationAt, nowMs)}</dd></div>
  <div><dt>Refresh token expires</dt><dd>${moment(status.refreshExpiresAt, nowMs)}</dd></div>
  <div><dt>Allowed</dt><dd class="scopes">${status.scopes.map((scope) => html`<code>${scope}</code> `)}</dd></div>
  <div><dt>Connection</dt><dd><code>${status.connectionId}</code></dd></div>
</dl>`;
}

function safety(status: ConnectionStatusResponse, endsOfLifeAtMs: number, nowMs: number): Html {
  const { connectedAt, rotatedAt = connectedAt, nextRotationAt } = status;
  const label = nextStep(status).toLowerCase();
  const life = {
    sinceMs: Date.parse(rotatedAt),
    endsOfLifeAtMs,
    ...(nextRotationAt !== undefined && { next: { label, atMs: Date.parse(nextRotationAt) } }),
  };
  return html`
<p class="safety"><strong>${hoursUntil(endsOfLifeAtMs, nowMs)}</strong> hours of safety
  <span>${status.state === 'active' ? 'if the vault did nothing from now on' : 'to find out and to try again'}</span></p>
${lifeLine(life, nowMs)}`;
}

function nextStep({ state }: ConnectionStatusResponse): string {
  return state === 'active' ? 'Next rotation' : 'Next try';
}

function moment(iso: string | undefined, nowMs: number): Html {
  if (iso === undefined) return html`not planned`;
  const atMs = Date.parse(iso);
  return html`<span class="when">${distance(atMs, nowMs)}</span> <time datetime="${iso}">${shortMoment(atMs)}</time>`;
}

function isEnded(answer: VaultAnswer<ConnectionStatusResponse>): boolean {
  return !answer.ok || isOver(answer.value);
}

function isOver({ state }: ConnectionStatusResponse): boolean {
  return state === 'needs-reauthorization';
}

function wayBack({ kind }: SessionConnection): string {
  return kind === 'known-user' ? '/connect' : '/sign-in';
}
