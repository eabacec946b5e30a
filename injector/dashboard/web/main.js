// Leads what the stream says to what is seen.

import { make, setAttribute, setText } from './elements.js';
import { keyOf, Model } from './model.js';
import { Row } from './row.js';
import { Stream } from './stream.js';
import { duration } from './time.js';

const SUMMARY = [['led', 'led'], ['warning', 'with warnings'], ['vacant', 'without a leader'], ['unknown', 'not known']];
const FIRST = 200; // as many rows as are made unless a reader wants all: the worst come first

const byId = (id) => document.getElementById(id);
const model = new Model();
const rows = new Map();
const filter = { search: '', namespace: '', warned: false };
const seen = new Set(); // keys of rows within the window: only they are told of the seconds
const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) seen.add(target.row);
    else seen.delete(target.row);
  }
});

let connection = 'connecting';
let wantsAll = false;
let pending = null; // keys of what the next frame draws; null for all
let planned = false;

const live = () => connection === 'live';

function rowOf(election) {
  let row = rows.get(election.key);
  if (!row) {
    row = new Row(election.key, model);
    rows.set(election.key, row);
    watcher.observe(row.element);
  }
  return row;
}

function forget(row) {
  watcher.unobserve(row.element);
  seen.delete(row);
  rows.delete(row.key);
}

// Draws in the next frame, once for all that changes until then. `keys`: the elections that changed; none for all.
function plan(keys) {
  if (!planned) pending = new Set();
  if (!keys) pending = null;
  else if (pending) for (const key of keys) pending.add(key);
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => {
    planned = false;
    draw(pending);
  });
}

function draw(changed) {
  const now = performance.now();
  const chosen = model.chosen(filter, now, live());
  const shown = wantsAll ? chosen : chosen.slice(0, FIRST);
  drawRows(shown, changed, now);
  drawSummary(now);
  drawNamespaces();
  drawShown(shown.length, chosen.length);
  drawEmpty(chosen.length);
}

// Moves only what stands elsewhere: most often nothing does.
function drawRows(shown, changed, now) {
  const keys = new Set(shown.map((each) => each.key));
  for (const row of [...rows.values()]) {
    if (!keys.has(row.key)) {
      for (const element of row.elements) element.remove();
      forget(row);
    }
  }
  const body = byId('rows');
  const focused = document.activeElement;
  let place = body.firstChild;
  for (const election of shown) {
    const isNew = !rows.has(election.key);
    const row = rowOf(election);
    if (isNew || !changed || changed.has(election.key)) row.show(election, now, live());
    for (const element of row.elements) {
      if (element === place) place = place.nextSibling;
      else body.insertBefore(element, place);
    }
  }
  if (focused?.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true }); // it was moved
}

function drawShown(shown, chosen) {
  const parts = [];
  if (chosen < model.size) parts.push(`${chosen} of ${model.size} elections`);
  if (shown < chosen) parts.push(`the first ${shown} are shown`);
  setText(byId('shown'), parts.join('; '));
  byId('more').hidden = shown === chosen;
  setText(byId('more'), `Show all ${chosen}`);
}

function drawSummary(now) {
  const counts = model.counts(now, live());
  const list = byId('summary');
  if (!list.firstChild) {
    for (const [state, words] of SUMMARY) {
      list.append(make('div', { 'data-state': state }, make('dt', {}, words), make('dd', {}, '0')));
    }
  }
  SUMMARY.forEach(([state], at) => setText(list.children[at].lastChild, String(counts[state])));
}

function drawNamespaces() {
  const select = byId('namespace');
  const names = model.namespaces();
  const old = [...select.options].slice(1).map((option) => option.value);
  if (names.join('\n') === old.join('\n')) return;
  select.replaceChildren(select.options[0], ...names.map((name) => make('option', { value: name }, name)));
  select.value = names.includes(filter.namespace) ? filter.namespace : '';
  filter.namespace = select.value;
}

// Why the table is empty: nothing yet, nothing at all, or nothing that was asked for.
function drawEmpty(shown) {
  const section = byId('empty');
  section.hidden = shown > 0;
  byId('elections').hidden = shown === 0;
  if (shown > 0) return;
  if (model.heardAt === null) section.replaceChildren(make('p', {}, 'Waiting for the operator.'));
  else if (model.size > 0) section.replaceChildren(make('p', {}, 'No election fits the filter.'));
  else {
    section.replaceChildren(
      make('h2', {}, 'No elections yet'),
      make('p', {}, 'An election appears here as soon as a Pod with the sidecar campaigns. Annotate a Deployment:'),
      make('pre', { tabindex: '0' }, make('code', {}, 'kubectl annotate deployment NAME leader-elector.io/inject=true')));
  }
}

function drawConnection() {
  const pill = byId('connection');
  setText(pill, connection === 'lost' ? 'connection lost' : connection);
  setAttribute(pill, 'data-state', connection);
  setAttribute(document.body, 'data-connection', connection);
  const problem = problemNow();
  setText(byId('stale'), problem);
  byId('stale').hidden = problem === '';
  const { replica, leads } = model.source;
  setText(byId('source'), replica ? `told by ${replica}${leads ? '' : ', a standby of the operator'}` : '');
}

function problemNow() {
  if (connection === 'lost') {
    return model.heardAt === null ? 'The operator cannot be reached.'
      : `The connection is lost. What is shown was true ${duration(performance.now() - model.heardAt)} ago.`;
  }
  return model.source.problem ?? '';
}

function onState(state) {
  if (state === connection) return;
  connection = state;
  drawConnection();
  plan();
}

new Stream('api/elections/watch', {
  onState,
  onHeard: () => model.hear(performance.now()),
  onMessage: (message) => {
    model.take(message, performance.now());
    drawConnection();
    plan(message.whole ? null : message.elections.map(keyOf));
  },
});

setInterval(() => {
  const now = performance.now();
  for (const row of seen) row.tick(now, live());
  drawSummary(now);
  if (connection === 'lost') drawConnection();
}, 1000);

byId('search').addEventListener('input', (event) => { filter.search = event.target.value; plan(); });
byId('namespace').addEventListener('change', (event) => { filter.namespace = event.target.value; plan(); });
byId('warned').addEventListener('change', (event) => { filter.warned = event.target.checked; plan(); });
byId('more').addEventListener('click', () => { wantsAll = true; plan(); });
byId('filters').addEventListener('submit', (event) => event.preventDefault());
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && !(event.target instanceof HTMLInputElement)) {
    event.preventDefault();
    byId('search').focus();
  }
});
drawConnection();
plan();
