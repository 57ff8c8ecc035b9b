import type { Report } from './report.ts';
import { outageFromDay } from './shard.ts';

export interface PlotOptions {
  readonly connections: number;
  readonly days: number;
  readonly outageDays: number;
  readonly seed: string;
  readonly mode: string;
}

const WIDTH = 900;
const PANEL = { left: 60, width: 820, height: 200 };
const SAMPLES_PER_DAY = 4;

/** Two panels over time, as SVG: the least safety of any living connection, and the busiest second of each hour. */
export function plotOf(options: PlotOptions, { safetyHours, postPeaks }: Report): string {
  const { connections, days, outageDays, mode, seed } = options;
  const fromDay = outageFromDay(days, outageDays);
  const safety = safetyHours.map((hours, at) => [at / SAMPLES_PER_DAY, Math.max(0, hours)] as const);
  const posts = postPeaks.map((peak, at) => [at / 24, peak] as const);
  const title = `${connections.toLocaleString('en')} connections, ${days} days, mode ${mode}, seed ${seed}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} 560" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="560" fill="white"/>
<text x="60" y="24" font-size="15">${title}</text>
${panel(60, 'hours of life left of the connection that has least', safety, { days, fromDay, outageDays })}
${panel(320, 'posts to Adobe in the busiest second of each hour', posts, { days, fromDay, outageDays })}
<text x="${PANEL.left}" y="550">day; shaded: Adobe is down for ${outageDays} days</text>
</svg>
`;
}

interface Axis {
  readonly days: number;
  readonly fromDay: number;
  readonly outageDays: number;
}

function panel(
  top: number,
  title: string,
  points: readonly (readonly [number, number])[],
  axis: Axis,
): string {
  const { days, fromDay, outageDays } = axis;
  const most = Math.max(1, ...points.map(([, value]) => value));
  const x = (day: number) => round(PANEL.left + (day / days) * PANEL.width);
  const y = (value: number) => round(top + PANEL.height * (1 - value / most));
  const line = points.map(([day, value]) => `${x(day)},${y(value)}`).join(' ');
  const ticks = Array.from({ length: Math.floor(days / 10) + 1 }, (_, at) => at * 10);
  const levels = [0, 0.5, 1].map((share) => share * most);
  return `<rect x="${x(fromDay)}" y="${top}" width="${x(fromDay + outageDays) - x(fromDay)}" height="${PANEL.height}" fill="#eee"/>
<text x="${PANEL.left}" y="${top - 6}">${title}</text>
${levels.map((level) => `<text x="${PANEL.left - 8}" y="${y(level) + 4}" text-anchor="end">${Math.round(level)}</text><line x1="${PANEL.left}" x2="${PANEL.left + PANEL.width}" y1="${y(level)}" y2="${y(level)}" stroke="#ddd"/>`).join('\n')}
${ticks.map((day) => `<text x="${x(day)}" y="${top + PANEL.height + 16}" text-anchor="middle">${day}</text>`).join('')}
<polyline points="${line}" fill="none" stroke="#1473e6" stroke-width="1.2"/>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
