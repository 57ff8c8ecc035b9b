import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { complaintsAboutApp } from '../support/synth/assembly-checks.ts';

const directory = mkdtempSync(join(tmpdir(), 'assembly-checks-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function complaintsAbout(templates: Readonly<Record<string, object>>, dependencies: object = {}) {
  const folder = mkdtempSync(join(directory, 'cdk.out-'));
  const artifacts = Object.fromEntries(
    Object.keys(templates).map((id) => [
      id,
      {
        properties: { templateFile: `${id}.template.json` },
        dependencies: Reflect.get(dependencies, id) ?? [],
      },
    ]),
  );
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ artifacts }));
  for (const [id, template] of Object.entries(templates)) {
    writeFileSync(join(folder, `${id}.template.json`), JSON.stringify(template));
  }
  return complaintsAboutApp(folder);
}

const topic = (properties: object, more: object = {}) => ({
  Type: 'AWS::SNS::Topic',
  Properties: properties,
  ...more,
});

describe('the checks of a synthesised app find', () => {
  it('nothing in a sound one', () => {
    const resources = {
      One: topic({ TopicName: { 'Fn::Sub': [`\${AWS::Region}-\${Own}`, { Own: { Ref: 'Name' } }] } }),
      Other: topic({ DisplayName: { 'Fn::GetAtt': ['One', 'TopicName'] } }, { DependsOn: ['One'] }),
    };

    expect(complaintsAbout({ Photos: { Parameters: { Name: {} }, Resources: resources } })).toEqual([]);
  });

  it.each([
    [`\${Token[TOKEN.37]}`, 'Photos'],
    ['--Token-TOKEN-37--', 'Photos'],
    ['undefined', 'a-undefined-b'],
    ['[object Object]', 'x[object Object]'],
  ])('a value that was never resolved: %s', (text, around) => {
    const [complaint = ''] = complaintsAbout({
      Photos: { Resources: { One: topic({ TopicName: around + text }) } },
    });

    expect(complaint).toMatch(/^Photos\.template\.json: holds “/);
  });

  it.each([
    ['Ref', { Ref: 'Gone' }],
    ['Fn::GetAtt', { 'Fn::GetAtt': ['Gone', 'Arn'] }],
    ['Fn::GetAtt as a text', { 'Fn::GetAtt': 'Gone.Arn' }],
    ['Fn::Sub', { 'Fn::Sub': `a-\${Gone.Arn}` }],
  ])('a reference to nothing by %s', (_how, TopicName) => {
    expect(complaintsAbout({ Photos: { Resources: { One: topic({ TopicName }) } } })).toEqual([
      'Photos.template.json: refers to Gone, which it does not have.',
    ]);
  });

  it('a circle', () => {
    const resources = {
      One: topic({ TopicName: { Ref: 'Other' } }),
      Other: topic({}, { DependsOn: 'One' }),
    };

    expect(complaintsAbout({ Photos: { Resources: resources } })).toEqual([
      'Photos.template.json: has a circle: One → Other → One.',
    ]);
  });

  it('an import without its export, and one that may be deployed too early', () => {
    const consumer = { Resources: { One: topic({ TopicName: { 'Fn::ImportValue': 'name' } }) } };
    const producer = { Outputs: { Name: { Value: 'x', Export: { Name: 'name' } } } };

    expect(complaintsAbout({ Team: consumer })).toEqual([
      'Team.template.json: imports "name", which no stack of the app exports.',
    ]);
    expect(complaintsAbout({ Photos: producer, Team: consumer })).toEqual([
      'Team.template.json: imports of Photos.template.json, and may be deployed before it.',
    ]);
    expect(complaintsAbout({ Photos: producer, Team: consumer }, { Team: ['Photos'] })).toEqual([]);
  });

  it('an empty folder', () => {
    expect(complaintsAboutApp(mkdtempSync(join(directory, 'empty-')))).toEqual([
      expect.stringContaining('holds no template'),
    ]);
  });
});
