import * as v from 'valibot';
import { PlatformError } from '../../core/platform-error.ts';

type EnvSchema = v.ObjectSchema<v.ObjectEntries, undefined>;

/**
 * Parses the environment of one function, once, at start-up. A missing or empty variable and a malformed one both fail
 * with a sentence that names it.
 */
export function parseEnv<const Schema extends EnvSchema>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>> = process.env,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, env);
  if (result.success) return result.output;
  const faults = result.issues.map((issue) => `${v.getDotPath(issue) ?? 'environment'}: ${issue.message}`);
  throw new PlatformError(
    'SETTINGS_INVALID',
    `The function's environment is not usable. ${faults.join(' ')}`,
  );
}
