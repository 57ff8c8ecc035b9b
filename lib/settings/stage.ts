import { DeploymentError } from '../deployment-error.ts';

const STAGE = /^[a-z][a-z0-9-]{0,15}$/;
/** Stages that come and go. */
const PASSING_STAGE = /^(dev|test)(-|$)/;

/** Every stage is a stack of its own, and every name in it follows the stack's. */
export function nameOfStack(name: string, stage: unknown): string {
  if (stage === undefined) return name;
  if (typeof stage === 'string' && STAGE.test(stage)) return `${name}-${stage}`;
  throw new DeploymentError(
    'SETTING_INVALID',
    'The setting vault.stage must be 1 to 16 lower-case letters, digits and hyphens, and start with a letter.',
  );
}

/** Whether the stack may not be deleted before somebody has taken this back. */
export function hasTerminationProtection(stage: unknown, setting: unknown): boolean {
  if (setting === undefined) return typeof stage !== 'string' || !PASSING_STAGE.test(stage);
  if (typeof setting === 'boolean') return setting;
  throw new DeploymentError(
    'SETTING_INVALID',
    'The setting vault.terminationProtection must be true or false.',
  );
}
