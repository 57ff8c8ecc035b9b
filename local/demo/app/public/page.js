const part = (id) => document.getElementById(id);

/** Redraws what depends on the server's state. */
const refresh = async () => {
  const response = await fetch('/parts');
  if (!response.ok) return;
  const { notice, card, controls } = await response.json();
  if (notice !== '') part('notice').innerHTML = notice;
  part('card').innerHTML = card;
  part('controls').innerHTML = controls;
};

let pending;
const refreshSoon = () => {
  clearTimeout(pending);
  pending = setTimeout(refresh, 250);
};

// Posts without a reload: the timeline goes on meanwhile.
document.addEventListener('submit', async (event) => {
  const form = event.target;
  event.preventDefault();
  document.body.ariaBusy = 'true';
  for (const button of document.querySelectorAll('button')) button.disabled = true;
  part('notice').textContent = '';
  try {
    await fetch(form.action, { method: 'POST', redirect: 'manual' });
  } finally {
    document.body.ariaBusy = 'false';
    await refresh();
  }
});

const live = new EventSource('/live');
live.addEventListener('entry', ({ data }) => {
  part('timeline').insertAdjacentHTML('afterbegin', data);
  if (document.body.ariaBusy !== 'true') refreshSoon();
});
live.addEventListener('clock', ({ data }) => {
  const { iso, text } = JSON.parse(data);
  part('clock').dateTime = iso;
  part('clock').textContent = text;
});
