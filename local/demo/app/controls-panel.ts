import { action } from './connection-card.ts';
import { type Html, html } from './html.ts';
import { date, timeOfDay } from './moments.ts';

export interface ControlsModel {
  readonly canRevoke: boolean;
  readonly adobeIsDown: boolean;
}

/** The clock is kept up to date by the page's script; all else here never changes. */
export function timePanel(nowMs: number): Html {
  return html`
<h2 id="time-title" class="unseen">Clock</h2>
<p class="clock"><time id="clock" datetime="${new Date(nowMs).toISOString()}"><span id="clock-time">${timeOfDay(nowMs)}</span>
  <span id="clock-date">${date(nowMs)}</span></time></p>
<div class="actions">
  ${action('/time/day', 'Pass a day')}
  ${action('/time/week', 'Pass a week')}
</div>`;
}

export function controlsPanel({ canRevoke, adobeIsDown }: ControlsModel): Html {
  return html`
<h2 id="controls-title">Adobe</h2>
${adobeIsDown ? html`<span class="pill bad">Down: 503</span>` : html`<span class="pill good">Answers</span>`}
<div class="actions">
  ${adobeIsDown ? action('/adobe/up', 'Bring Adobe back') : action('/adobe/down', 'Take Adobe down')}
  ${canRevoke ? action('/adobe/revoke', 'Revoke at Adobe') : undefined}
</div>`;
}
