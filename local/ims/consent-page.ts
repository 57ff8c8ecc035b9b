import { htmlAnswer, type ImsAnswer } from './answer.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import type { ImsProfile } from './profile.ts';
import type { CompleteImsUser } from './users.ts';

const notice = 'Not Adobe: a stand-in for local development';
const shownUsers = 25;

const style = `
  :root { color-scheme: light dark; --ink: #1a1a22; --soft: #565663; --paper: #f3f3f7; --card: #ffffff; --line: #dcdce4;
    --edge: #85858f; --accent: #1a1a22; --on-accent: #ffffff; --chosen: #ececf2; --focus: #0b5fff; }
  @media (prefers-color-scheme: dark) { :root { --ink: #ececf3; --soft: #b2b2c0; --paper: #111116; --card: #1b1b22;
    --line: #34343f; --edge: #7c7c8a; --accent: #ececf3; --on-accent: #111116; --chosen: #2a2a34; --focus: #8ab8ff; } }
  * { box-sizing: border-box; }
  body { font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0; }
  main { max-width: 32rem; margin: 2rem auto; padding: 1.75rem; background: var(--card); border: 1px solid var(--line);
    border-radius: .9rem; }
  .notice { margin: 0; padding: .5rem 1rem; background: #5c2d00; color: #fff; font-weight: 700; text-align: center; }
  h1 { margin: 0 0 .5rem; font-size: 1.5rem; } p { margin: 0 0 1rem; }
  fieldset { margin: 0 0 1.25rem; padding: 0; border: 0; } legend { font-weight: 700; padding: 0 0 .35rem; }
  label { display: flex; flex-wrap: wrap; gap: 0 .6rem; align-items: baseline; padding: .45rem .75rem;
    border: 1px solid var(--line); }
  label + label { border-top: 0; } label:has(:checked[type="radio"]) { background: var(--chosen); font-weight: 600; }
  label span { color: var(--soft); font-weight: 400; } code { font-size: .9em; overflow-wrap: anywhere; }
  input { accent-color: var(--accent); }
  button { font: inherit; font-weight: 600; padding: .5rem 1.25rem; margin-right: .6rem; border: 1px solid var(--edge);
    border-radius: .55rem; background: var(--card); color: var(--ink); cursor: pointer; }
  button[value="approve"] { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
  :focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
  @media (max-width: 34rem) { main { margin: 0; min-height: 90vh; border: 0; border-radius: 0; padding: 1.25rem 1rem; } }`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
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
}

function userChoice(user: CompleteImsUser, index: number): string {
  return `<label><input type="radio" name="user" value="${escapeHtml(user.key)}" required${index === 0 ? ' checked' : ''}>
${escapeHtml(`${user.givenName} ${user.familyName}`)} <span>${escapeHtml(user.email)}</span></label>`;
}

function scopeChoice(scope: string): string {
  return `<label><input type="checkbox" name="scope" value="${escapeHtml(scope)}" checked>
<code>${escapeHtml(scope)}</code></label>`;
}

function developmentWarning(profile: ImsProfile): string {
  return profile.credential.status === 'in-development'
    ? '<p><strong>In development:</strong> only listed beta users can sign in to this application.</p>'
    : '';
}

/**
 * The form has no action, so it posts to the address of the page: the authorization request travels in the query
 * and nothing is remembered between the page and the answer.
 */
export function consentPage(
  request: AuthorizationRequest,
  users: readonly CompleteImsUser[],
  profile: ImsProfile,
): ImsAnswer {
  return htmlAnswer(
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
}

export function messagePage(status: number, title: string, message: string): ImsAnswer {
  return htmlAnswer(
    status,
    page(escapeHtml(title), `<h1>${escapeHtml(title)}</h1>\n<p>${escapeHtml(message)}</p>`),
  );
}
