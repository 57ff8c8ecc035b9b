import { expect, inject, it } from 'vitest';
import { readMeasuredCounts } from '../../tools/cost/measured-counts.ts';
import { paidResources } from '../../tools/cost/paid-resources.ts';
import { readTemplate } from '../support/synth/template.ts';

it('What the template holds and AWS charges for by the month is what docs/generated/cost.md reckons with', () => {
  const template = readTemplate(inject('cdkOut'), 'AdobeTokenVault');
  expect(paidResources(template), 'run `npm run cost`').toEqual(readMeasuredCounts().template);
});
