import { expect, test } from 'vitest';
import { alarmsPanel } from '../../../local/demo/app/alarms-panel.ts';

const sinceMs = Date.UTC(2026, 10, 22, 3, 45);
const quiet = { name: 'Vault-at-risk', description: 'ticket: x', isFiring: false, sinceMs };
const firing = {
  name: 'Vault-expired',
  description: 'page: Grants are past their <end>. What to do: docs/operations.md#expired',
  isFiring: true,
  sinceMs,
};

test('the panel says that every alarm is quiet', () => {
  const { html } = alarmsPanel([quiet, { ...firing, isFiring: false }]);
  expect(html).toContain('All 2 quiet');
  expect(html).not.toContain('<ul');
});

test('the panel shows what fires, since when, how bad it is, what it means and where its steps are', () => {
  const { html } = alarmsPanel([quiet, firing]);
  expect(html).toContain('1 of 2 firing');
  expect(html).not.toContain('Vault-at-risk');
  for (const part of [
    '<strong>Vault-expired</strong>',
    'page,',
    'since 22 Nov, 03:45',
    'Grants are past their &lt;end&gt;.',
    '<code>docs/operations.md#expired</code>',
  ]) {
    expect(html).toContain(part);
  }
});

test('an alarm of another stack, with another description, is shown as it describes itself', () => {
  const { html } = alarmsPanel([{ ...firing, description: 'The alarm of another stack' }]);
  expect(html).toContain('<p>The alarm of another stack</p>');
  expect(html).not.toContain('What to do');
});
