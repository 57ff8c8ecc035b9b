import type { Actor, TimelineEntry } from '../world/timeline.ts';
import { type Html, html } from './html.ts';
import { shortMoment } from './moments.ts';

const NAMES: Readonly<Record<Actor, string>> = {
  you: 'You',
  app: 'Application',
  vault: 'Vault',
  scheduler: 'Scheduler',
  adobe: 'Adobe',
  lightroom: 'Lightroom',
};

export function timelineItem({ atMs, actor, text }: TimelineEntry): Html {
  return html`<li class="${actor}"><span><strong>${NAMES[actor]}</strong> ${text}</span>
<time datetime="${new Date(atMs).toISOString()}">${shortMoment(atMs)}</time></li>
`;
}
