import { DAY_MS } from '../../../functions/core/time-units.ts';
import { type Condition, plannedDisturbances } from './adobe-conditions.ts';
import type { Report } from './report.ts';
import { outageFromDay, type RunOptions } from './shard.ts';

type PlotOptions = Pick<RunOptions, 'connections' | 'days' | 'outageDays' | 'seed' | 'mode'>;

const WIDTH = 900;
const HEIGHT = 600;
const PANEL = { left: 76, width: 800, height: 200 };
const SAFETY_SAMPLES_PER_DAY = 4;
const HOURS_PER_DAY = 24;
/** An hour of ninety days would be thinner than a line. */
const THINNEST = 2;

/** An image in a page can follow the reader's colour scheme only by this query. */
const STYLE = `
text { font-family: sans-serif; font-size: 12px; fill: #222 } .title { font-size: 15px } .axis { fill: #555 }
.paper { fill: #fff } .grid { stroke: #ddd } .line { stroke: #1473e6; stroke-width: 1.3; fill: none }
.down { fill: #e34850; opacity: .22 } .bad { fill: #da7b11; opacity: .55 }
@media (prefers-color-scheme: dark) {
text { fill: #e8e8e8 } .axis { fill: #b0b0b0 } .paper { fill: #161b22 } .grid { stroke: #3a414b } .line { stroke: #6cb2ff }
.down { opacity: .38 } .bad { opacity: .7 } }
`;

/** Two panels over time, as SVG: the least safety of any living connection, and the busiest second of each hour. */
export function plotOf(options: PlotOptions, { safetyHours, postPeaks }: Report): string {
  const { connections, days, outageDays, mode, seed } = options;
  const safety = safetyHours.map((hours, at) => [at / SAFETY_SAMPLES_PER_DAY, Math.max(0, hours)] as const);
  const posts = postPeaks.map((peak, at) => [at / HOURS_PER_DAY, peak] as const);
  const title = `${connections.toLocaleString('en')} simulated connections, ${days} days, mode ${mode}, seed ${seed}`;
  const legend = HEIGHT - 14;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
<style>${STYLE}</style>
<rect class="paper" width="${WIDTH}" height="${HEIGHT}"/>
<text class="title" x="${PANEL.left}" y="24">${title}</text>
${panel({ top: 62, title: 'Safety left: the refresh token that ends soonest, of all that can be kept', unit: 'hours', points: safety }, options)}
${panel({ top: 328, title: 'Posts to Adobe in the busiest second of each hour', unit: 'posts per second', points: posts }, options)}
<rect class="down" x="${PANEL.left}" y="${legend - 10}" width="16" height="12"/><text x="${PANEL.left + 22}" y="${legend}">Adobe is down for ${outageDays} days</text>
<rect class="bad" x="300" y="${legend - 10}" width="${THINNEST}" height="12"/><text x="308" y="${legend}">an hour of an outage: slow answers, or half of them lost</text>
</svg>
`;
}

interface Panel {
  readonly top: number;
  readonly title: string;
  readonly unit: string;
  readonly points: readonly (readonly [day: number, value: number])[];
}

function panel({ top, title, unit, points }: Panel, { days, outageDays }: PlotOptions): string {
  const { left, width, height } = PANEL;
  const step = stepOf(Math.max(1, ...points.map(([, value]) => value)));
  const steps = Math.max(1, Math.ceil(Math.max(...points.map(([, value]) => value)) / step));
  const x = (day: number) => round(left + (day / days) * width);
  const y = (value: number) => round(top + height * (1 - value / (steps * step)));
  const line = points.map(([day, value]) => `${x(day)},${y(value)}`).join(' ');
  const ticks = Array.from({ length: Math.floor(days / 10) + 1 }, (_, at) => at * 10);
  const levels = Array.from({ length: steps + 1 }, (_, at) => at * step);
  const outage = { fromDay: outageFromDay(days, outageDays), days: outageDays };
  const shades = plannedDisturbances({ startMs: 0, days, outage }).map(({ condition, fromMs, untilMs }) => {
    const from = x(fromMs / DAY_MS);
    const wide = Math.max(THINNEST, round(x(untilMs / DAY_MS) - from));
    return `<rect class="${shadeOf(condition)}" x="${from}" y="${top}" width="${wide}" height="${height}"/>`;
  });
  return [
    `<text x="${left}" y="${top - 10}">${title}</text>`,
    ...levels.map(
      (level) =>
        `<line class="grid" x1="${left}" x2="${left + width}" y1="${y(level)}" y2="${y(level)}"/><text class="axis" x="${left - 8}" y="${y(level) + 4}" text-anchor="end">${level}</text>`,
    ),
    `<text class="axis" transform="translate(20 ${top + height / 2}) rotate(-90)" text-anchor="middle">${unit}</text>`,
    ...shades,
    ...ticks.map(
      (day) =>
        `<text class="axis" x="${x(day)}" y="${top + height + 17}" text-anchor="middle">${day === 0 ? 'day 0' : day}</text>`,
    ),
    `<polyline class="line" points="${line}"/>`,
  ].join('\n');
}

function shadeOf(condition: Condition): string {
  return condition === 'down' ? 'down' : 'bad';
}

/** 1, 2 or 5 times a power of ten: about five of them make an axis. */
function stepOf(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most / 5));
  return [1, 2, 5, 10].map((factor) => Math.max(1, factor * power)).find((step) => most / step <= 6) ?? most;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
