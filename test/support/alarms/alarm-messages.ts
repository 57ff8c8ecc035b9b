import { compileEventPattern } from '../../../local/aws/event-rules.ts';
import type { JsonObject, Resource, TemplateReader } from '../synth/template.ts';
import { asArray, asObject } from '../synth/template.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** A message that reaches the subscribers of a topic. */
export interface TopicMessage {
  readonly atMinute: number;
  readonly topic: string;
  readonly from: 'alarm action' | 'rule';
  readonly alarmName: string;
  readonly state: string;
  /** What a rule made of the event. */
  readonly body: JsonObject | undefined;
}

/** State of each metric alarm at a minute after the deployment, by name. `undefined`: as before. */
export type StateOf = (alarmName: string, minute: number) => AlarmState | undefined;

/**
 * What a template's alarms, composite alarms and rules send to topics, minute by minute, as CloudWatch and EventBridge
 * document it: a new alarm has no data; an action runs at each change of state; a composite alarm whose suppressor does
 * not fire acts when it has fired for the wait; each change is an event.
 */
export function messagesOver(
  minutes: number,
  template: TemplateReader,
  stateOf: StateOf,
): readonly TopicMessage[] {
  const messages: TopicMessage[] = [];
  const nameOf = ({ properties }: Resource) => template.text(properties.AlarmName);
  const metricAlarms = template.ofType('AWS::CloudWatch::Alarm');
  const composites = template.ofType('AWS::CloudWatch::CompositeAlarm');
  const states = new Map<string, AlarmState>();
  /** The minute in which a composite alarm that waits acts. */
  const waits = new Map<string, number | undefined>();
  const ofLogicalId = new Map(metricAlarms.map((alarm) => [alarm.logicalId, nameOf(alarm)]));

  const act = ({ properties }: Resource, alarmName: string, state: AlarmState, atMinute: number) => {
    const actions = { OK: 'OKActions', ALARM: 'AlarmActions', INSUFFICIENT_DATA: 'InsufficientDataActions' };
    for (const target of asArray(properties[actions[state]] ?? [])) {
      const topic = template.text(target);
      messages.push({ atMinute, topic, from: 'alarm action', alarmName, state, body: undefined });
    }
  };
  const publish = (alarm: Resource, previous: JsonObject, state: AlarmState, atMinute: number) => {
    const event = stateChange(nameOf(alarm), alarm, previous, state);
    for (const { properties } of template.ofType('AWS::Events::Rule')) {
      if (!compileEventPattern(asObject(properties.EventPattern))(event)) continue;
      for (const target of asArray(properties.Targets).map(asObject)) {
        const body = transformed(asObject(target.InputTransformer), event);
        const topic = template.text(target.Arn);
        messages.push({ atMinute, topic, from: 'rule', alarmName: nameOf(alarm), state, body });
      }
    }
  };
  const change = (alarm: Resource, state: AlarmState, atMinute: number) => {
    const name = nameOf(alarm);
    const before = states.get(name) ?? 'INSUFFICIENT_DATA';
    if (before === state) return;
    states.set(name, state);
    const isWaiting = waits.get(name) !== undefined;
    publish(
      alarm,
      { value: before, ...(isWaiting && { actionsSuppressedBy: 'WaitPeriod' }) },
      state,
      atMinute,
    );
    const { ActionsSuppressor, ActionsSuppressorWaitPeriod: seconds } = alarm.properties;
    if (ActionsSuppressor === undefined) act(alarm, name, state, atMinute);
    else waits.set(name, state === 'ALARM' ? atMinute + Number(seconds) / 60 : undefined);
  };

  for (let minute = 0; minute <= minutes; minute += 1) {
    for (const alarm of metricAlarms) {
      const state = stateOf(nameOf(alarm), minute);
      if (state !== undefined) change(alarm, state, minute);
    }
    for (const alarm of composites) {
      const name = nameOf(alarm);
      change(alarm, ruleOf(alarm, template, states, ofLogicalId) ? 'ALARM' : 'OK', minute);
      if (waits.get(name) !== minute) continue;
      waits.set(name, undefined);
      const state = states.get(name) ?? 'INSUFFICIENT_DATA';
      publish(alarm, { value: state, actionsSuppressedBy: 'WaitPeriod' }, state, minute);
      act(alarm, name, state, minute);
    }
  }
  return messages;
}

/** The two forms of a rule that the vault writes: one alarm, and never. */
function ruleOf(
  { properties, logicalId }: Resource,
  template: TemplateReader,
  states: ReadonlyMap<string, AlarmState>,
  ofLogicalId: ReadonlyMap<string, string>,
): boolean {
  const rule = template.text(properties.AlarmRule);
  if (rule === 'FALSE') return false;
  const watched = [...ofLogicalId].find(([id]) => JSON.stringify(properties.AlarmRule).includes(id));
  if (!/^ALARM\("?<.*>"?\)$/.test(rule) || watched === undefined) {
    throw new Error(`The rule of ${logicalId} has a form that is not simulated: ${rule}`);
  }
  return states.get(watched[1]) === 'ALARM';
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html */
function stateChange(
  alarmName: string,
  { properties }: Resource,
  previousState: JsonObject,
  value: AlarmState,
): JsonObject {
  return {
    source: 'aws.cloudwatch',
    'detail-type': 'CloudWatch Alarm State Change',
    account: '111122223333',
    region: 'eu-west-1',
    resources: [`arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${alarmName}`],
    detail: {
      alarmName,
      configuration: { description: properties.AlarmDescription },
      state: { value, reason: 'a "quoted" reason', timestamp: '2026-12-01T10:00:00.000+0000' },
      previousState,
    },
  };
}

function transformed({ InputPathsMap, InputTemplate }: JsonObject, event: JsonObject): JsonObject {
  const values = Object.entries(asObject(InputPathsMap)).map(([name, path]): [string, unknown] => [
    name,
    valueAt(String(path), event),
  ]);
  const text = values.reduce(
    (template, [name, value]) => template.replaceAll(`<${name}>`, () => JSON.stringify(value)),
    String(InputTemplate),
  );
  return JSON.parse(text) as JsonObject;
}

function valueAt(path: string, event: JsonObject): unknown {
  return path
    .replace(/^\$\./, '')
    .split(/[.[\]]+/)
    .filter((step) => step !== '')
    .reduce<unknown>((value, step) => (value as JsonObject)[step], event);
}
