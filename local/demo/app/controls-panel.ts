import { action } from './connection-card.ts';
import { type Html, html } from './html.ts';

export interface ControlsModel {
  readonly canRevoke: boolean;
  readonly adobeIsDown: boolean;
}

export const controlsPanel = ({ canRevoke, adobeIsDown }: ControlsModel): Html => html`
<h2 id="controls-title">Let something happen</h2>
<div class="actions">
  ${action('/time/day', 'Pass a day')}
  ${action('/time/week', 'Pass a week')}
  ${canRevoke ? action('/adobe/revoke', 'Revoke at Adobe') : undefined}
  ${adobeIsDown ? action('/adobe/up', 'Bring Adobe back') : action('/adobe/down', 'Take Adobe down')}
</div>
<p class="fine">Time is only the stack’s: every function, schedule and token sees it pass, one alarm after the other.</p>`;
