import { error, type Finding, notKnown, ok, orOk, warning } from '../finding.ts';
import { VAULT_FUNCTIONS, type VaultFacts, variableOf } from '../vault-facts.ts';

const OUTPUTS = [
  'ApiUrl',
  'AuthorizeUrl',
  'CallbackUrl',
  'ClientSecretName',
  'AlarmTopicArn',
  'AccessTokensTableName',
  'AccessKeyArn',
  'ClientId',
];
/** Stages that are set up and deleted often. */
const SHORT_LIVED_STAGE = /-(dev|test)(-|$)/;
const DEPLOY = 'Redeploy the vault: `npx cdk deploy <vault>`.';
/** Without `--revert-drift`, CloudFormation compares templates and finds nothing to do. */
const REVERT = 'Redeploy the vault: `npx cdk deploy <vault> --revert-drift`.';

export function checkStack({ stack, stackName }: VaultFacts): readonly Finding[] {
  const missing = OUTPUTS.filter((name) => !stack.outputs[name]);
  if (missing.length > 0) {
    return [error('stack', `The stack ${stackName} lacks the outputs ${missing.join(', ')}.`, DEPLOY)];
  }
  if (/FAILED|ROLLBACK(?!_COMPLETE)/.test(stack.status)) {
    const remedy = "Read the stack's events in CloudFormation, fix what failed, and deploy again.";
    return [error('stack', `The stack ${stackName} is in ${stack.status}.`, remedy)];
  }
  if (stack.terminationProtection === false && !SHORT_LIVED_STAGE.test(stackName)) {
    const message = `The stack ${stackName} has no termination protection: one command deletes the vault's API and functions.`;
    const remedy =
      'Set `"terminationProtection": true` under `vault` in cdk.json (in your own app: on the stack) and deploy.';
    return [warning('stack', message, remedy)];
  }
  return [ok('stack', `${stackName}: ${stack.status}, with its outputs.`)];
}

export function checkFunctions(facts: VaultFacts): readonly Finding[] {
  const found = VAULT_FUNCTIONS.flatMap((name): readonly Finding[] => {
    const about = facts.functions[name];
    if (!about.known) return [notKnown('functions', { ...about, why: `${name}: ${about.why}` })];
    if (about.value === undefined) return [error('functions', `The function ${name} was deleted.`, REVERT)];
    if (about.value.ready) return [];
    return [error('functions', `The function ${name} is not ready, or its last change failed.`, REVERT)];
  });
  return orOk([...found, ...differingClientIds(facts)], 'functions', 'All functions exist and are ready.');
}

/** Tokens are sealed for one client id: with two of them, some tokens could not be opened. */
function differingClientIds(facts: VaultFacts): readonly Finding[] {
  const expected = facts.stack.outputs.ClientId;
  const differing = VAULT_FUNCTIONS.filter((name) => {
    const clientId = variableOf(facts, name, 'CLIENT_ID');
    return clientId !== undefined && clientId !== expected;
  });
  if (differing.length === 0) return [];
  const message = `${differing.join(', ')}: CLIENT_ID differs from the stack's output ClientId.`;
  return [error('functions', message, `A function was changed outside the deployment. ${REVERT}`)];
}

export function checkLiveAlias({ liveAlias }: VaultFacts): readonly Finding[] {
  if (!liveAlias.known) return [notKnown('live-alias', liveAlias)];
  if (liveAlias.value)
    return [ok('live-alias', 'Both aliases of rotate exist: schedules and functions reach it.')];
  const message =
    'An alias of rotate, live or schedules, was deleted: functions or schedules do not reach it.';
  return [error('live-alias', message, REVERT)];
}
