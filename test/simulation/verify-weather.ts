import { parseArgs } from 'node:util';
import { type BadHour, runBadHour } from './bad-hour.ts';

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    daily: { type: 'string', default: '0.3' },
  },
});
const startedAt = performance.now();
const connections = Number(values.connections);
const dailyShare = Number(values.daily);
const skies = ['slow', 'lossy'] as const;
const hours: BadHour[] = [];
for (const sky of skies) {
  const hour = await runBadHour({ connections, sky, seed: values.seed, dailyShare });
  process.stderr.write(`${JSON.stringify(hour)}\n`);
  hours.push(hour);
}
const kept = hours.every(({ holds }) => holds);
const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
process.stdout.write(`${JSON.stringify({ connections, seed: values.seed, hours, kept, seconds })}\n`);
process.exitCode = kept ? 0 : 1;
