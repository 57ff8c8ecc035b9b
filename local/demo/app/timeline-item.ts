import type { Actor, TimelineEntry } from '../world/timeline.ts';
import { type Html, html } from './html.ts';
import { dateAndTime } from './moments.ts';

const NAMES: Readonly<Record<Actor, string>> = {
  you: 'You',
  app: 'Application',
  vault: 'Vault',
  scheduler: 'Scheduler',
  adobe: 'Adobe (stand-in)',
  lightroom: 'Lightroom (stand-in)',
};

export const timelineItem = ({ atMs, actor, text }: TimelineEntry): Html =>
  html`<li class="${actor}"><time datetime="${new Date(atMs).toISOString()}">${dateAndTime(atMs)}</time>
<span><strong>${NAMES[actor]}</strong> ${text}</span></li>
`;
