import type { TimelineEntry } from '../world/timeline.ts';
import { type Html, html, versionOf } from './html.ts';
import { dateAndTime } from './moments.ts';
import type { Notice } from './sessions.ts';
import { timelineItem } from './timeline-item.ts';

export interface PageParts {
  readonly nowMs: number;
  readonly notice: Notice | undefined;
  readonly card: Html;
  readonly controls: Html;
  readonly timeline: readonly TimelineEntry[];
}

/** The whole page. It works without its script, which only saves reloads. */
export const demoPage = (parts: PageParts): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Adobe token vault: local demo</title>
<link rel="stylesheet" href="/page.css">
<link rel="icon" href="data:,">
<script src="/page.js" type="module"></script>
</head>
<body>
<header>
  <p class="banner"><strong>This is not Adobe.</strong> The vault, the Adobe sign-in and Lightroom all run on this machine;
    nothing leaves it.</p>
  <div>
    <h1>An application that uses the token vault</h1>
    <p>You sign in once. From then on a Lambda function gets access tokens for as long as you do not revoke.</p>
    <p class="clock">Its clock says <time id="clock" datetime="${new Date(parts.nowMs).toISOString()}">${dateAndTime(parts.nowMs)}</time></p>
  </div>
</header>
<main>
  <div id="notice" role="status">${noticeHtml(parts.notice)}</div>
  <section id="card" data-version="${versionOf(parts.card)}" aria-labelledby="card-title">${parts.card}</section>
  <section id="controls" data-version="${versionOf(parts.controls)}" aria-labelledby="controls-title">${parts.controls}</section>
  <section class="timeline" aria-labelledby="timeline-title">
    <h2 id="timeline-title">What has happened</h2>
    <ol id="timeline" tabindex="0" aria-labelledby="timeline-title">${[...parts.timeline].reverse().map(timelineItem)}</ol>
  </section>
</main>
<footer>
  <p>Signing in does not work in Safari: it refuses <code>Secure</code> cookies on plain http, even on this machine. Use
    Chrome, Edge or Firefox. On AWS everything is https.</p>
</footer>
</body>
</html>
`.html;

export const noticeHtml = (notice: Notice | undefined): Html =>
  notice ? html`<p class="notice ${notice.tone}">${notice.text}</p>` : html``;
