import { Arn, ArnFormat } from 'aws-cdk-lib';
import { isToken, isUnknown } from './deploy-time-values.ts';
import { invalidSetting } from './invalid-setting.ts';
import type { VaultSettings } from './vault-settings.ts';

/**
 * AWS would find a resource of another Region only during the deployment, and roll it back.
 *
 * @param region the vault's; a token where the app leaves it to the deployment
 * @throws DeploymentError `SETTING_INVALID` that names the setting
 */
export function assertOfRegion(settings: VaultSettings, region: string): void {
  if (isToken(region)) return;
  const { certificateArn, alarmTopicArn, tokenKeys } = settings;
  const inRegion = (path: string, arn: string | undefined) => {
    if (arn === undefined || isUnknown(arn) || regionOf(arn) === region) return;
    throw invalidSetting(path, `must be the ARN of a resource in ${region}, the vault's Region.`, arn);
  };
  inRegion('certificateArn', certificateArn);
  inRegion('alarmTopicArn', alarmTopicArn);
  for (const [index, { existing, replicaOf }] of tokenKeys.entries()) {
    for (const [name, arn] of Object.entries(existing ?? {})) {
      inRegion(`tokenKeys.${index}.existing.${name}`, arn);
    }
    for (const [name, arn] of Object.entries(replicaOf ?? {})) {
      if (isUnknown(arn) || regionOf(arn) !== region) continue;
      const path = `tokenKeys.${index}.replicaOf.${name}`;
      throw invalidSetting(path, `must be the ARN of a key outside ${region}, the vault's Region.`, arn);
    }
  }
}

function regionOf(arn: string): string | undefined {
  return Arn.split(arn, ArnFormat.NO_RESOURCE_NAME).region;
}
