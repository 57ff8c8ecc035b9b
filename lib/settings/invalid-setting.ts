import { DeploymentError } from '../deployment-error.ts';

const MAX_SHOWN_CHARACTERS = 80;

/** `value` is what was set. No setting is a secret. */
export function invalidSetting(path: string | null, message: string, value?: unknown): DeploymentError {
  const name = path === null ? 'vault' : `vault.${path}`;
  return new DeploymentError('SETTING_INVALID', `The setting ${name} ${message}${shown(value)}`);
}

function shown(value: unknown): string {
  if (value === undefined || !(Array.isArray(value) ? value : [value]).every(isSimple)) return '';
  // JSON has no NaN.
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return ` It is ${text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text}`;
}

/** Not an object: one of the CDK leads to the whole app. */
function isSimple(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
