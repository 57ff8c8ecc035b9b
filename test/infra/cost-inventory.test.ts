import { expect, inject, it } from 'vitest';
import { readMeasuredCounts } from '../../tools/cost/measured-counts.ts';
import { paidResources } from '../../tools/cost/paid-resources.ts';
import { readTemplate } from '../support/synth/template.ts';

it('docs/generated/cost.md counts the resources of the template that AWS charges for by the month', () => {
  const template = readTemplate(inject('cdkOut'), 'AdobeTokenVault');
  expect(paidResources(template), 'run `npm run cost`').toEqual(readMeasuredCounts().template);
});
