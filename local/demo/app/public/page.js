const SHOWN_ENTRIES = 200;
const part = (id) => document.getElementById(id);
let isBusy = false;

/** Finds what had the keyboard's focus among elements that were drawn again. */
const focusedIn = (element) => {
  const focused = document.activeElement;
  if (!element.contains(focused)) return undefined;
  if (focused.tagName === 'BUTTON') return `form[action="${focused.form.getAttribute('action')}"] button`;
  return focused.tagName === 'A' ? `a[href="${focused.getAttribute('href')}"]` : focused.tagName;
};

/** Puts new content into a part of the page, and leaves open what is open and focused what is focused. */
const show = (id, { version, html }) => {
  const element = part(id);
  if (element.dataset.version === version) return;
  element.dataset.version = version;
  const wasOpen = element.querySelector('details')?.open === true;
  const focused = focusedIn(element);
  element.innerHTML = html;
  element.querySelector('details')?.toggleAttribute('open', wasOpen);
  // New buttons must not look ready while a post is under way: a press on one would be lost.
  markBusy(element);
  if (focused) (element.querySelector(focused) ?? element.querySelector('button, a')).focus();
};

/** Not `disabled`: that would take the focus from a button that is being pressed. */
const markBusy = (element) => {
  for (const button of element.querySelectorAll('button')) button.ariaDisabled = String(isBusy);
};

const setBusy = (busy) => {
  isBusy = busy;
  document.body.ariaBusy = String(busy);
  // A week's entries are read out when it is over, not while they come.
  part('log').ariaBusy = String(busy);
  markBusy(document);
};

/** Redraws what depends on the server's state. */
const refresh = async () => {
  const response = await fetch('/parts');
  if (!response.ok) return;
  const { notice, card, controls, alarms } = await response.json();
  if (notice !== '') part('notice').innerHTML = notice;
  show('card', card);
  show('controls', controls);
  show('alarms', alarms);
};

let isRefreshDue = false;
const refreshSoon = () => {
  if (isRefreshDue) return;
  isRefreshDue = true;
  setTimeout(() => {
    isRefreshDue = false;
    void refresh();
  }, 250);
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
  }
});

const live = new EventSource('/live');
live.addEventListener('entry', ({ data }) => {
  const timeline = part('timeline');
  timeline.insertAdjacentHTML('afterbegin', data);
  while (timeline.childElementCount > SHOWN_ENTRIES) timeline.lastElementChild.remove();
  refreshSoon();
});
live.addEventListener('clock', ({ data }) => {
  const { iso, date, time } = JSON.parse(data);
  part('clock').dateTime = iso;
  part('clock-date').textContent = date;
  part('clock-time').textContent = time;
  if (isBusy) refreshSoon();
});
