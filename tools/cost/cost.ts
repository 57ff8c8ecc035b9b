import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { billOf, totalOf } from './bill.ts';
import { costPage } from './cost-page.ts';
import { measure, templateResources } from './measure.ts';
import { readMeasuredCounts, writeMeasuredCounts } from './measured-counts.ts';
import { unverifiedPrices, unverifiedQuotas } from './price-list.ts';
import { scalePage } from './scale-page.ts';
import { SIZES } from './sizes.ts';

// The SDK would announce the end of its support for Node 20 before the result.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const { values } = parseArgs({
  options: {
    /** Counts again; otherwise the committed counts serve. */
    measure: { type: 'boolean', default: false },
    connections: { type: 'string', default: '2000' },
    days: { type: 'string', default: '90' },
    daily: { type: 'string', default: '0.3' },
  },
});
const SETTLED_DAY = 30;

if (values.measure) {
  const measurement = {
    connections: Number(values.connections),
    fromDay: SETTLED_DAY,
    toDay: Number(values.days),
    dailyShare: Number(values.daily),
  };
  writeMeasuredCounts(await measure(measurement, (step) => process.stderr.write(`${step}\n`)));
} else {
  writeMeasuredCounts({ ...readMeasuredCounts(), template: await templateResources() });
}
const measured = readMeasuredCounts();

function write(page: string, text: string) {
  return writeFileSync(fileURLToPath(new URL(`../../docs/${page}`, import.meta.url)), text);
}
write('generated/cost.md', costPage(measured));
write('generated/scale.md', scalePage(measured));

function dollars(habit: 'idle' | 'mixed') {
  return Object.fromEntries(
    SIZES.map((connections) => [
      connections,
      Math.round(totalOf(billOf(measured, { connections, habit })) * 100) / 100,
    ]),
  );
}
process.stdout.write(
  `${JSON.stringify({ idle: dollars('idle'), mixed: dollars('mixed'), unverified: [...unverifiedPrices(), ...unverifiedQuotas()] })}\n`,
);
