import { createHash } from 'node:crypto';

/** Stable names in AWS's shapes, so that two runs of the same template agree. */
function digest(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

const BASE36 = 36;
const SUFFIX_LENGTH = 12;
const API_ID_LENGTH = 10;

function base36(length: number, ...parts: string[]): string {
  return BigInt(`0x${digest(...parts)}`)
    .toString(BASE36)
    .slice(0, length);
}

/** `<stack>-<logical id>-<suffix>`, as CloudFormation names what the template leaves unnamed. */
export function generatedName(stackName: string, logicalId: string, maxLength: number): string {
  const suffix = base36(SUFFIX_LENGTH, stackName, logicalId).toUpperCase();
  const room = maxLength - suffix.length - 1;
  const whole = `${stackName}-${logicalId}`;
  return `${whole.length <= room ? whole : whole.slice(0, room)}-${suffix}`;
}

export function generatedApiId(stackName: string, logicalId: string): string {
  return base36(API_ID_LENGTH, 'api', stackName, logicalId).toLowerCase();
}

export function generatedUuid(stackName: string, logicalId: string): string {
  const hex = digest('uuid', stackName, logicalId);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** Secrets Manager ends every secret ARN in a hyphen and six characters. */
export function generatedSecretSuffix(stackName: string, logicalId: string): string {
  return base36(6, 'secret', stackName, logicalId);
}
