// Leads what the stream says to what is seen.

import { make, setAttribute, setText } from './elements.js';
import { Model } from './model.js';
import { Row } from './row.js';
import { Stream } from './stream.js';
import { duration } from './time.js';

const SUMMARY = [['led', 'led'], ['warning', 'with warnings'], ['vacant', 'without a leader'], ['unknown', 'not known']];
const AT_ONCE = 60; // rows that are made before the first paint; the rest follows

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
let planned = 0;
let order = '';

const live = () => connection === 'live';

function rowOf(election) {
  let row = rows.get(election.key);
  if (!row) {
    row = new Row(election.key);
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

// Everything, from the model. `changed`: the keys that were told of; undefined for all.
function draw(changed) {
  const now = performance.now();
  const chosen = model.chosen(filter, now, live());
  for (const key of [...rows.keys()]) {
    if (!model.get(key)) forget(rows.get(key));
  }
  drawRows(chosen, changed, now);
  drawSummary(now);
  drawNamespaces();
  setText(byId('shown'), chosen.length === model.size ? '' : `${chosen.length} of ${model.size} elections`);
  drawEmpty(chosen.length);
}

function drawRows(chosen, changed, now) {
  cancelAnimationFrame(planned);
  const isFirst = rows.size === 0;
  const ready = isFirst ? chosen.slice(0, AT_ONCE) : chosen;
  for (const election of ready) {
    if (!rows.has(election.key) || !changed || changed.has(election.key)) rowOf(election).show(election, now, live());
  }
  const wanted = ready.map((each) => each.key).join('\n');
  if (wanted !== order) {
    order = wanted;
    const focused = document.activeElement;
    byId('rows').replaceChildren(...ready.flatMap((each) => rowOf(each).elements));
    if (focused?.isConnected) focused.focus({ preventScroll: true });
  }
  if (ready.length < chosen.length) planned = requestAnimationFrame(() => setTimeout(() => draw(new Set())));
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
  draw();
}

new Stream('api/elections/watch', {
  onState,
  onHeard: () => model.hear(performance.now()),
  onMessage: (message) => {
    model.take(message, performance.now());
    drawConnection();
    draw(message.whole ? undefined : new Set((message.elections ?? []).map((each) => each.key)));
  },
});

setInterval(() => {
  const now = performance.now();
  for (const row of seen) row.tick(now, live());
  drawSummary(now);
  if (connection === 'lost') drawConnection();
}, 1000);

byId('search').addEventListener('input', (event) => { filter.search = event.target.value; draw(); });
byId('namespace').addEventListener('change', (event) => { filter.namespace = event.target.value; draw(); });
byId('warned').addEventListener('change', (event) => { filter.warned = event.target.checked; draw(); });
byId('filters').addEventListener('submit', (event) => event.preventDefault());
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && !(event.target instanceof HTMLInputElement)) {
    event.preventDefault();
    byId('search').focus();
  }
});
drawConnection();
draw();
