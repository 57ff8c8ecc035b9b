import {
  type AlarmFacts,
  createAlarmInspector,
  createLogInspector,
  createQuotaInspector,
  createTopicInspector,
  type LogGroupFacts,
} from '../../functions/adapters/aws/account-inspection.ts';
import { createLambdaClient } from '../../functions/adapters/aws/clients.ts';
import { createResourceLister } from '../../functions/adapters/cloudformation/stack-outputs.ts';
import { createReconcilerRunner } from '../../functions/adapters/lambda/reconciler.ts';
import type { CliSession } from '../cli-session.ts';
import { diagnoseVault } from '../doctor/diagnose-vault.ts';
import type { Finding } from '../doctor/finding.ts';
import { VAULT_FUNCTIONS, type VaultFacts, type VaultFunction } from '../doctor/vault-facts.ts';
import { failed, held, type StepOutcome, type VerificationStep } from './verification.ts';

const DEPLOY = 'Redeploy the vault: `npx cdk deploy <vault> --revert-drift`.';

export interface AccountDeps {
  readonly session: CliSession;
  readonly facts: () => Promise<VaultFacts>;
  /** The functions that the run has called. */
  readonly called: Set<VaultFunction>;
}

/** What surrounds the vault in its account. These steps need no connection. */
export function accountSteps(deps: AccountDeps): readonly VerificationStep[] {
  return [
    { name: 'doctor', needs: [], run: () => runDoctor(deps) },
    { name: 'quotas', needs: [], run: () => checkQuotas(deps) },
    { name: 'log-groups', needs: [], run: () => checkLogGroups(deps) },
    { name: 'alarm-topic', needs: [], run: () => checkTopic(deps) },
    { name: 'reconciler', needs: [], run: () => runReconciler(deps) },
  ];
}

/** In the first hour of a vault there is no run yet. The step `reconciler` makes one. */
const isCovered = ({ check }: Finding): boolean => check === 'reconciler-heartbeat';

async function runDoctor({ facts }: AccountDeps): Promise<StepOutcome> {
  const findings = diagnoseVault(await facts()).filter((finding) => !isCovered(finding));
  const of = (level: Finding['level']) => findings.filter((finding) => finding.level === level);
  const inWords = (found: readonly Finding[]) =>
    found.map(({ check, message }) => `${check}: ${message}`).join(' ');
  const [first] = [...of('error'), ...of('unknown')];
  if (first !== undefined) {
    const outcome = of('error').length > 0 ? 'failed' : 'unknown';
    const seen = inWords(outcome === 'failed' ? of('error') : of('unknown'));
    return { outcome, seen, remedy: first.remedy ?? 'Run `adobe-token-vault doctor`.' };
  }
  const warnings = of('warning');
  return held(
    warnings.length === 0 ? 'Every finding is ok.' : `No finding is an error. Warnings: ${inWords(warnings)}`,
  );
}

interface NeededQuota {
  readonly serviceCode: string;
  /** As AWS lists it. */
  readonly name: string;
  readonly atLeast: number;
}

/** Lambda itself keeps as many unreserved. Below that the account has the small quota of a new one. */
const LEAST_CONCURRENCY = 100;
/** What 100,000 connections need in their busiest second (docs/generated/cost.md), as four fifths of the quota. */
const NEEDED: readonly NeededQuota[] = [
  { serviceCode: 'scheduler', name: 'Number of schedules', atLeast: 125_000 },
  { serviceCode: 'scheduler', name: 'CreateSchedule request rate', atLeast: 2 },
  { serviceCode: 'scheduler', name: 'Invocations throttle limit', atLeast: 1 },
  { serviceCode: 'kms', name: 'Cryptographic operations (symmetric) request rate', atLeast: 7 },
];

const INCREASE = (code: string) =>
  `Request more: \`aws service-quotas request-service-quota-increase\` (service code ${code}; docs/guides/deploying.md, reserved concurrency).`;

async function checkQuotas({ session }: AccountDeps): Promise<StepOutcome> {
  const inspector = createQuotaInspector(await session.aws());
  const { limit, unreserved } = await inspector.concurrency();
  const lambda = `Lambda: ${limit} concurrent executions, ${unreserved} of them unreserved`;
  if (unreserved < LEAST_CONCURRENCY) {
    return failed(
      `${lambda}. The vault shares them with all functions of the account, and users wait when they are used up.`,
      INCREASE('lambda'),
    );
  }
  const codes = [...new Set(NEEDED.map(({ serviceCode }) => serviceCode))];
  const listed = new Map(
    await Promise.all(codes.map(async (code) => [code, await inspector.quotasOf(code)] as const)),
  );
  const quotaOf = ({ serviceCode, name }: NeededQuota) => listed.get(serviceCode)?.get(name);
  const low = NEEDED.filter((needed) => (quotaOf(needed) ?? needed.atLeast) < needed.atLeast);
  const inWords = (needed: NeededQuota) =>
    `${needed.name}: ${quotaOf(needed)?.toLocaleString('en') ?? "AWS's default"}`;
  if (low.length > 0) {
    return failed(
      `Too low for 100,000 connections: ${low.map(inWords).join(', ')}.`,
      INCREASE(low[0]?.serviceCode ?? ''),
    );
  }
  return held(`${lambda}. ${NEEDED.map(inWords).join(', ')}. They suffice for 100,000 connections.`);
}

const LOG_GROUP = 'AWS::Logs::LogGroup';

async function checkLogGroups(deps: AccountDeps): Promise<StepOutcome> {
  const names = await logGroupNames(deps);
  const inspector = createLogInspector(await deps.session.aws());
  const groups = await Promise.all(names.map(async (name) => [name, await inspector.group(name)] as const));
  const missing = groups.filter(([, group]) => group === undefined).map(([name]) => name);
  const found = groups.flatMap(([, group]) => group ?? []);
  const endless = found.filter(({ retentionDays }) => retentionDays === undefined);
  if (missing.length > 0) return failed(`These log groups do not exist: ${missing.join(', ')}.`, DEPLOY);
  if (endless.length > 0) {
    const [{ name } = { name: '' }] = endless;
    return failed(
      `${endless.map((group) => group.name).join(', ')}: log lines never expire.`,
      `Set the retention: \`aws logs put-retention-policy --log-group-name ${name} --retention-in-days 90\`.`,
    );
  }
  return held(`${found.length} log groups exist. They keep their lines for ${retentions(found)} days.`);
}

const retentions = (groups: readonly LogGroupFacts[]): string =>
  [...new Set(groups.map(({ retentionDays }) => retentionDays))].join(' or ');

/** Those of the functions, and the API's access log, which AWS names differently. */
async function logGroupNames({ session, facts }: AccountDeps): Promise<readonly string[]> {
  const { functions, stack } = await facts();
  const ofFunctions = VAULT_FUNCTIONS.flatMap((name) => {
    const found = functions[name];
    return (found.known && found.value?.logGroup) || [];
  });
  const inStack = await createResourceLister(await session.aws())(stackNameOf(session), LOG_GROUP);
  const accessLog = `/aws/vendedlogs/apigateway/${stack.outputs.VaultName}-`;
  return [...ofFunctions, ...inStack.filter((name) => name.startsWith(accessLog))];
}

/** `--stack` may name the vault too. */
const stackNameOf = ({ options }: CliSession): string => options.stack.split('/')[0] ?? options.stack;

async function checkTopic({ session, facts }: AccountDeps): Promise<StepOutcome> {
  const { AlarmTopicArn = '' } = (await facts()).stack.outputs;
  const { confirmed, pending } = await createTopicInspector(await session.aws())(AlarmTopicArn);
  const waiting = pending === 0 ? '' : ` Subscriptions that wait for their confirmation: ${pending}.`;
  if (confirmed > 0) return held(`Confirmed subscriptions of the alarm topic: ${confirmed}.${waiting}`);
  return failed(
    `The alarm topic has no confirmed subscription: an alarm reaches no operator.${waiting}`,
    `Subscribe, and follow the link in the message: \`aws sns subscribe --topic-arn ${AlarmTopicArn} --protocol email --notification-endpoint you@example.com\`.`,
  );
}

async function runReconciler({ session, facts, called }: AccountDeps): Promise<StepOutcome> {
  const functionName = `${(await facts()).stack.outputs.VaultName}-reconcile`;
  const report = await createReconcilerRunner({
    client: createLambdaClient(await session.aws()),
    functionName,
  })();
  called.add('reconcile');
  if (report === 'failed') {
    return failed(
      'The reconciler failed: lost schedules are not repaired.',
      `Read the log of ${functionName}: docs/operations.md, reconciler-silent.`,
    );
  }
  const { overdue, rescheduled } = report;
  return held(`It completed a run: ${overdue} connections were overdue, ${rescheduled} got a new schedule.`);
}

/** Last, so that it shows what the run itself set off. */
export function alarmSteps(deps: AccountDeps): readonly VerificationStep[] {
  return [{ name: 'alarms', needs: [], run: () => checkAlarms(deps) }];
}

const ALARM_TYPES = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'];

async function checkAlarms({ session, facts }: AccountDeps): Promise<StepOutcome> {
  const aws = await session.aws();
  const { AlarmTopicArn = '', VaultName } = (await facts()).stack.outputs;
  const prefix = `${VaultName}-`;
  const list = createResourceLister(aws);
  const inStack = (await Promise.all(ALARM_TYPES.map((type) => list(stackNameOf(session), type)))).flat();
  // CloudFormation knows a composite alarm by its ARN or its name.
  const names = inStack
    .map((id) => id.split(':alarm:').at(-1) ?? id)
    .filter((name) => name.startsWith(prefix));
  const found = await createAlarmInspector(aws)(names);
  const missing = names.filter((name) => !found.some((alarm) => alarm.name === name));
  const ids = (of: readonly string[]) => of.map((name) => name.slice(prefix.length)).join(', ');
  if (names.length === 0 || missing.length > 0) {
    return failed(`These alarms do not exist: ${ids(missing) || 'all of them'}.`, DEPLOY);
  }
  const silent = found.filter((alarm) => !notifies(alarm, AlarmTopicArn, found));
  if (silent.length > 0) {
    return failed(`These alarms do not notify the topic: ${ids(silent.map(({ name }) => name))}.`, DEPLOY);
  }
  const firing = found.filter(({ state }) => state === 'ALARM').map(({ name }) => name);
  if (firing.length > 0) {
    return failed(
      `${firing.length} of ${found.length} alarms fire: ${ids(firing)}.`,
      'Follow the section of each in docs/operations.md. reconciler-silent ends a few minutes after the first run.',
    );
  }
  const withoutData = found.filter(({ state }) => state === 'INSUFFICIENT_DATA').length;
  const rest = withoutData === 0 ? '' : ` ${withoutData} have no data yet.`;
  return held(`${found.length} alarms exist and notify the topic. None fires.${rest}`);
}

/** By itself, or by a composite alarm that depends on it. */
function notifies(
  { name, actionsEnabled, actions }: AlarmFacts,
  topicArn: string,
  all: readonly AlarmFacts[],
): boolean {
  if (actionsEnabled && actions.includes(topicArn)) return true;
  return all.some(({ dependsOn }) => dependsOn.includes(name));
}
