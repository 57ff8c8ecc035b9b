import type { TemplateReader } from '../../test/support/synth/template.ts';
import type { PaidResources } from './measured-counts.ts';

export function paidResources(template: TemplateReader): PaidResources {
  return {
    keys: template.ofType('AWS::KMS::Key').length,
    secrets: template.ofType('AWS::SecretsManager::Secret').length,
    alarms: template.ofType('AWS::CloudWatch::Alarm').length,
    compositeAlarms: template.ofType('AWS::CloudWatch::CompositeAlarm').length,
    dashboards: template.ofType('AWS::CloudWatch::Dashboard').length,
  };
}
