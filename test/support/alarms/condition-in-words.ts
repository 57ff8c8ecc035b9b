import type { AlarmDefinition, MetricSource } from '../../../lib/monitoring/alarm-catalogue.ts';

/** The line under an alarm's heading in `docs/operations.md`, so that the page cannot name another threshold. */
export function conditionInWords(alarm: AlarmDefinition): string {
  const { severity, metric, statistic, periodMinutes, periods, comparison, threshold, whenMissing } = alarm;
  const { notifiesAfterMinutes } = alarm;
  const breach = comparison === 'below' ? 'below' : 'at least';
  const inARow = periods === 1 ? '' : `, ${periods} periods in a row`;
  const missingValues = whenMissing === 'breaching' ? '; no value counts as 0' : '';
  const wait = notifiesAfterMinutes === undefined ? '' : `; waits ${notifiesAfterMinutes} minutes`;
  return `*${severity}* · ${metricInWords(metric)}: ${statistic.toLowerCase()} of ${timeInWords(periodMinutes)} ${breach} ${threshold.toLocaleString('en')}${inARow}${missingValues}${wait}`;
}

function metricInWords(metric: MetricSource): string {
  switch (metric.from) {
    case 'vault':
      return `\`${[metric.name, ...Object.values(metric.dimensions ?? {})].join(' / ')}\``;
    case 'lambda':
      return `\`${metric.name}\` of the function \`${metric.of}\``;
    case 'api':
      return `\`${metric.name}\` of the API`;
    case 'dead-letters':
      return 'messages in the dead-letter queue';
  }
}

function timeInWords(minutes: number): string {
  if (minutes < 60) return `${minutes} minutes`;
  return minutes === 60 ? 'an hour' : `${minutes / 60} hours`;
}
