const part = (id) => document.getElementById(id);
let isBusy = false;

/** Puts new content into a part of the page, and leaves open what is open. */
const show = (id, { version, html }) => {
  const element = part(id);
  if (element.dataset.version === version) return;
  element.dataset.version = version;
  const wasOpen = element.querySelector('details')?.open === true;
  element.innerHTML = html;
  element.querySelector('details')?.toggleAttribute('open', wasOpen);
  // New buttons must not look ready while a post is under way: a press on one would be lost.
  disableButtons(element, isBusy);
};

const disableButtons = (element, disabled) => {
  for (const button of element.querySelectorAll('button')) button.disabled = disabled;
};

/** Redraws what depends on the server's state. */
const refresh = async () => {
  const response = await fetch('/parts');
  if (!response.ok) return;
  const { notice, card, controls } = await response.json();
  if (notice !== '') part('notice').innerHTML = notice;
  show('card', card);
  show('controls', controls);
};

let pending;
const refreshSoon = () => {
  clearTimeout(pending);
  pending = setTimeout(refresh, 250);
};

const setBusy = (busy) => {
  isBusy = busy;
  document.body.ariaBusy = String(busy);
  disableButtons(document, busy);
};

// Posts without a reload: the timeline goes on meanwhile.
document.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (isBusy) return;
  const action = event.target.getAttribute('action');
  setBusy(true);
  part('notice').textContent = '';
  try {
    await fetch(action, { method: 'POST', redirect: 'manual' });
  } finally {
    await refresh();
    setBusy(false);
    document.querySelector(`form[action="${action}"] button`)?.focus();
  }
});

const live = new EventSource('/live');
live.addEventListener('entry', ({ data }) => {
  part('timeline').insertAdjacentHTML('afterbegin', data);
  if (!isBusy) refreshSoon();
});
live.addEventListener('clock', ({ data }) => {
  const { iso, text } = JSON.parse(data);
  part('clock').dateTime = iso;
  part('clock').textContent = text;
});
