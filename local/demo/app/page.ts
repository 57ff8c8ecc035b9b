import type { TimelineEntry } from '../world/timeline.ts';
import { timePanel } from './controls-panel.ts';
import { type Html, html, versionOf } from './html.ts';
import type { Notice } from './sessions.ts';
import { timelineItem } from './timeline-item.ts';

export interface PageParts {
  readonly nowMs: number;
  readonly notice: Notice | undefined;
  readonly card: Html;
  readonly controls: Html;
  readonly alarms: Html;
  readonly timeline: readonly TimelineEntry[];
}

/** A door of steel, seen from the front. */
const MARK = html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2"
stroke-linecap="round"><rect x="2" y="2" width="28" height="28" rx="6"/><circle cx="16" cy="16" r="8"/><circle cx="16" cy="16" r="2.5"/>
<path d="M16 8v5.500M16 18.500v5.500M8 16h5.500M18.500 16h5.500"/></svg>`;

/** The whole page. It works without its script, which only saves reloads. */
export function demoPage(parts: PageParts): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Adobe token vault: local demo</title>
<link rel="stylesheet" href="/page.css">
<link rel="stylesheet" href="/panels.css">
<link rel="stylesheet" href="/timeline.css">
<link rel="icon" href="data:,">
<script src="/page.js" type="module"></script>
</head>
<body>
<header>
  <p class="banner"><strong>This is not Adobe.</strong> The vault, the Adobe sign-in and Lightroom all run on this machine;
    nothing leaves it.</p>
  <div class="title">${MARK}
    <div><h1>Sign in once, stay connected</h1>
    <p>An application, and behind it the whole Adobe token vault. One consent, and a Lambda gets access tokens until you revoke.</p></div>
  </div>
</header>
<main>
  <section id="time" class="bar" aria-labelledby="time-title">${timePanel(parts.nowMs)}</section>
  <section id="controls" class="bar" data-version="${versionOf(parts.controls)}" aria-labelledby="controls-title">${parts.controls}</section>
  <div id="notice" role="status">${noticeHtml(parts.notice)}</div>
  <section id="card" data-version="${versionOf(parts.card)}" aria-labelledby="card-title">${parts.card}</section>
  <section id="alarms" data-version="${versionOf(parts.alarms)}" aria-labelledby="alarms-title">${parts.alarms}</section>
  <section id="story" aria-labelledby="timeline-title">
    <div class="head"><h2 id="timeline-title">What has happened</h2><span class="fine">newest first, in UTC</span></div>
    <div id="log" role="log" tabindex="0" aria-labelledby="timeline-title">
    <ol id="timeline">${[...parts.timeline].reverse().map(timelineItem)}</ol></div>
  </section>
</main>
<footer>
  <p>The clock is that of this stack alone: every function, schedule and token sees it pass, and schedules fire when they are due.
    Only the reconciler, hourly on AWS, comes every six hours while you make days pass.</p>
  <p>Revoking is what you could do at account.adobe.com. The vault is not notified of it, nor of an outage at Adobe: it finds out by
    itself.</p>
  <p>Signing in does not work in Safari: it refuses <code>Secure</code> cookies on plain http, even on this machine. Use
    Chrome, Edge or Firefox. On AWS everything is https.</p>
</footer>
</body>
</html>
`.html;
}

export function noticeHtml(notice: Notice | undefined): Html {
  return notice ? html`<p class="notice ${notice.tone}">${notice.text}</p>` : html``;
}
