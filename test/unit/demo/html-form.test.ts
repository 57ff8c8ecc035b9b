import { expect, test } from 'vitest';
import { fillForm } from '../../../local/demo/browser/html-form.ts';

const page = {
  url: new URL('http://127.0.0.1/authorize?state=s'),
  body: `<form method="post"><input type="radio" name="user" value="a" checked><input type="radio" name="user" value="b">
    <input type="hidden" name="shown" value="1 &amp; only"><input type="checkbox" name="scope" value="x" checked>
    <input type="checkbox" name="scope" value="y"><button name="decision" value="approve">Yes</button>
    <button name="decision" value="deny">No</button></form>`,
};

test('a form is sent with what is chosen, what is ticked, and the button that is pressed', () => {
  const { action, method, fields } = fillForm(page, { press: 'deny', choose: { user: 'b' } });
  expect([action.href, method]).toEqual([page.url.href, 'post']);
  expect([...fields]).toEqual([
    ['user', 'b'],
    ['shown', '1 & only'],
    ['scope', 'x'],
    ['decision', 'deny'],
  ]);
});

test('a page without the button cannot be sent', () => {
  expect(() => fillForm(page, { press: 'maybe' })).toThrow('There is no such form at /authorize.');
});
