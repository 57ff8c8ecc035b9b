import type { LocalStack } from '../../../local/stack/local-stack.ts';

/**
 * Lets the functions of a vault with two editions of its keys work as before the second was made. The answer deploys it: from
 * then on they are what the template says, in processes of their own.
 */
export function beforeNewKeys({ functions }: LocalStack): () => Promise<void> {
  const { environment } = functions.get('rotate').definition;
  const formerOf = new Map([
    [environment.REFRESH_KEY_ARN, onlyOne(environment.FORMER_REFRESH_KEY_ARNS)],
    [environment.ACCESS_KEY_ARN, onlyOne(environment.FORMER_ACCESS_KEY_ARNS)],
  ]);
  const all = [...functions.byName.values()];
  const deployed = all.map(({ definition }) => ({ ...definition.environment }));
  for (const { definition } of all) {
    for (const [name, value] of Object.entries(definition.environment)) {
      definition.environment[name] = name.startsWith('FORMER_') ? '[]' : (formerOf.get(value) ?? value);
    }
  }
  return async () => {
    await Promise.all(
      all.map(async ({ definition, kill }, at) => {
        Object.assign(definition.environment, deployed[at]);
        await kill();
      }),
    );
  };
}

function onlyOne(list = '[]'): string {
  const [arn, ...more] = JSON.parse(list) as readonly string[];
  if (arn === undefined || more.length > 0) throw new Error('The vault must have exactly two editions.');
  return arn;
}
