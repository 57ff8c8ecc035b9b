import type { ServerResponse } from 'node:http';
import type { Timeline } from '../world/timeline.ts';
import { date, timeOfDay } from './moments.ts';
import { timelineItem } from './timeline-item.ts';

/** Server-sent events: timeline entries as they come, and the clock. */
export interface LiveStream {
  open(response: ServerResponse): void;
  close(): void;
}

const CLOCK_EVERY_MS = 100;

/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */
function write(response: ServerResponse, event: string, data: string): void {
  const lines = data.split('\n').map((line) => `data: ${line}\n`);
  response.write(`event: ${event}\n${lines.join('')}\n`);
}

export function createLiveStream(deps: { timeline: Timeline; nowMs: () => number }): LiveStream {
  const open = new Set<ServerResponse>();
  const stopListening = deps.timeline.onEntry((entry) => {
    for (const response of open) write(response, 'entry', timelineItem(entry).html);
  });
  let shown = '';
  const ticker = setInterval(() => {
    const nowMs = deps.nowMs();
    const moment = { date: date(nowMs), time: timeOfDay(nowMs) };
    const text = JSON.stringify(moment);
    if (text === shown) return;
    shown = text;
    for (const response of open) {
      write(response, 'clock', JSON.stringify({ iso: new Date(nowMs).toISOString(), ...moment }));
    }
  }, CLOCK_EVERY_MS).unref();

  return {
    open: (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write('retry: 1000\n\n');
      open.add(response);
      response.once('close', () => open.delete(response));
    },
    close: () => {
      clearInterval(ticker);
      stopListening();
      for (const response of open) response.end();
    },
  };
}
