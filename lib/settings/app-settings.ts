import * as v from 'valibot';
import { DeploymentError } from '../deployment-error.ts';

const STAGE = /^[a-z][a-z0-9-]{0,15}$/;

/** What the app of this repository reads in addition to the settings of the vault. */
export const appSettings = v.object({
  /** Suffix of the stack's name, and so of all names in it. */
  stage: v.optional(
    v.pipe(
      v.string('must be a text.'),
      v.regex(STAGE, 'must be 1 to 16 lower-case letters, digits and hyphens, and start with a letter.'),
    ),
  ),
  /**
   * Whether CloudFormation refuses to delete the stack. Off by default, because the CDK turns it on before the first
   * resource exists: after a failed first deployment, the next one could not delete the stack that was rolled back.
   */
  terminationProtection: v.optional(v.boolean('must be true or false.')),
});

export interface AppSettings {
  /** Each stage is a separate stack with a separate vault. */
  readonly stage: string | undefined;
  readonly terminationProtection: boolean;
  /** What remains: the settings of the vault, not checked yet. */
  readonly vault: Readonly<Record<string, unknown>>;
}

/** @throws DeploymentError `SETTING_INVALID` with one sentence that names the setting */
export function parseAppSettings(input: Readonly<Record<string, unknown>>): AppSettings {
  const result = v.safeParse(appSettings, input);
  if (!result.success) {
    const [issue] = result.issues;
    throw new DeploymentError('SETTING_INVALID', `The setting vault.${v.getDotPath(issue)} ${issue.message}`);
  }
  const { stage: _stage, terminationProtection: _protection, ...vault } = input;
  const settings = result.output;
  return {
    stage: settings.stage,
    terminationProtection: settings.terminationProtection ?? false,
    vault,
  };
}

/** Every name in a stack follows the stack's name. */
export function nameOfStack(name: string, stage: string | undefined): string {
  return stage === undefined ? name : `${name}-${stage}`;
}
