import { type Html, html } from './html.ts';
import { shortMoment } from './moments.ts';

/** A CloudWatch alarm as the page shows it. */
export interface ShownAlarm {
  readonly name: string;
  /** Such as `page: At least one grant … What to do: docs/operations.md#hours-of-safety-low`. */
  readonly description: string;
  readonly isFiring: boolean;
  readonly sinceMs: number;
}

/** The vault's alarms that fire now, with what each means and where its steps are. */
export function alarmsPanel(alarms: readonly ShownAlarm[]): Html {
  const firing = alarms.filter(({ isFiring }) => isFiring);
  const state =
    firing.length === 0
      ? html`<span class="pill good">All ${alarms.length} quiet</span>`
      : html`<span class="pill bad">${firing.length} of ${alarms.length} firing</span>`;
  return html`
<div class="head"><h2 id="alarms-title">Alarms now</h2>${state}</div>
${firing.length === 0 ? undefined : html`<ul class="alarms">${firing.map(firingAlarm)}</ul>`}`;
}

const DESCRIPTION = /^(?<severity>page|ticket): (?<meaning>.*) What to do: (?<runbook>\S+)$/;

function firingAlarm({ name, description, sinceMs }: ShownAlarm): Html {
  const { severity, meaning = description, runbook } = DESCRIPTION.exec(description)?.groups ?? {};
  return html`<li><p><strong>${name}</strong> ${severity === undefined ? undefined : html`<span class="fine">${severity},</span>`}
<time class="fine" datetime="${new Date(sinceMs).toISOString()}">since ${shortMoment(sinceMs)}</time></p>
<p>${meaning}</p>${runbook === undefined ? undefined : html`<p class="fine">What to do: <code>${runbook}</code></p>`}</li>
`;
}
