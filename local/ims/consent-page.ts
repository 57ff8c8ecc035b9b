import { htmlAnswer, type ImsAnswer } from './answer.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import type { ImsProfile } from './profile.ts';
import type { CompleteImsUser } from './users.ts';

const notice = 'Not Adobe: a stand-in for local development';
const shownUsers = 25;

const style = `
  body { font: 1rem/1.5 system-ui, sans-serif; color: #1b1b1b; background: #f4f4f4; margin: 0; }
  main { max-width: 36rem; margin: 2rem auto; padding: 1.5rem 2rem; background: #fff; border: 1px solid #767676; }
  .notice { margin: 0; padding: .75rem 2rem; background: #5c2d00; color: #fff; font-weight: 700; text-align: center; }
  fieldset { margin: 1rem 0; border: 1px solid #767676; } legend { font-weight: 700; padding: 0 .25rem; }
  label { display: block; padding: .25rem 0; } code { overflow-wrap: anywhere; }
  button { font: inherit; padding: .5rem 1.25rem; margin-right: .75rem; border: 2px solid #1b1b1b; cursor: pointer; }
  button[value="approve"] { background: #1b1b1b; color: #fff; } button[value="deny"] { background: #fff; color: #1b1b1b; }
  :focus-visible { outline: 3px solid #0b5fff; outline-offset: 2px; }`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

const page = (title: string, content: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}. ${notice}</title>
<style>${style}
</style>
</head>
<body>
<header><p class="notice">${notice}</p></header>
<main>
${content}
</main>
</body>
</html>
`;

const userChoice = (user: CompleteImsUser, index: number): string =>
  `<label><input type="radio" name="user" value="${escapeHtml(user.key)}" required${index === 0 ? ' checked' : ''}>
${escapeHtml(`${user.givenName} ${user.familyName}`)} (${escapeHtml(user.email)})</label>`;

const scopeChoice = (scope: string): string =>
  `<label><input type="checkbox" name="scope" value="${escapeHtml(scope)}" checked> ${escapeHtml(scope)}</label>`;

const developmentWarning = (profile: ImsProfile): string =>
  profile.credential.status === 'in-development'
    ? '<p><strong>In development:</strong> only listed beta users can sign in to this application.</p>'
    : '';

/**
 * The form has no action, so it posts to the address of the page: the authorization request travels in the query
 * and nothing is remembered between the page and the answer.
 */
export const consentPage = (
  request: AuthorizationRequest,
  users: readonly CompleteImsUser[],
  profile: ImsProfile,
): ImsAnswer =>
  htmlAnswer(
    200,
    page(
      'Sign in',
      `<h1>Sign in</h1>
<p>The application <code>${escapeHtml(profile.credential.clientId)}</code> asks for access.
You will return to <code>${escapeHtml(request.redirectUri)}</code>.</p>
${developmentWarning(profile)}
<form method="post">
<fieldset><legend>Sign in as</legend>
${users.slice(0, shownUsers).map(userChoice).join('\n')}
</fieldset>
<fieldset><legend>Allow</legend>
<input type="hidden" name="scopes_shown" value="yes">
${request.scopes.map(scopeChoice).join('\n')}
</fieldset>
<p><button type="submit" name="decision" value="approve">Allow access</button>
<button type="submit" name="decision" value="deny">Decline</button></p>
</form>`,
    ),
  );

export const messagePage = (status: number, title: string, message: string): ImsAnswer =>
  htmlAnswer(status, page(escapeHtml(title), `<h1>${escapeHtml(title)}</h1>\n<p>${escapeHtml(message)}</p>`));
