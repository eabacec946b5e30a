// One election: a row of the table, and below it, when it is opened, the row of its details.

import { make, setAttribute, setText } from './elements.js';
import { stateOf } from './model.js';
import { clock, duration } from './time.js';

const STATE_WORDS = { led: 'led', vacant: 'no leader', warning: 'warning', unknown: 'not known' };
const COLUMNS = ['State', 'Election', 'Leader', 'Since', 'Term', 'Last renewal', 'Time to expiry', 'Candidates'];

export class Row {
  #cells = COLUMNS.map((column) => make('td', { role: 'cell', 'data-label': column }));
  #state = make('span', { class: 'state' });
  #name = make('span', { class: 'name' });
  #button = make('button', { type: 'button', 'aria-expanded': 'false' }, this.#name);
  #workload = make('span', { class: 'quiet' });
  #warning = make('span', { class: 'warning' });
  #holder = make('span', { class: 'name' });
  #node = make('span', { class: 'quiet' });
  #bar = make('expiry-bar');
  #details = null;
  #election = null;
  #barOf = null;
  #model;

  constructor(key, model) {
    this.key = key;
    this.#model = model;
    const [state, name, holder, , , , expiry] = this.#cells;
    state.append(this.#state);
    name.append(this.#button, this.#workload, this.#warning);
    holder.append(this.#holder, this.#node);
    expiry.append(this.#bar);
    this.element = make('tr', { role: 'row' }, ...this.#cells);
    this.element.row = this;
    this.#button.addEventListener('click', () => this.toggle());
  }

  get elements() { return this.#details ? [this.element, this.#details] : [this.element]; }

  show(election, now, connected) {
    this.#election = election;
    const state = stateOf(election, now, connected);
    const [, , , since, term, , , candidates] = this.#cells;
    setAttribute(this.element, 'data-state', state);
    setText(this.#state, STATE_WORDS[state]);
    setText(this.#name, election.key);
    setText(this.#workload, election.workload);
    setText(this.#warning, election.warnings[0] ?? '');
    setText(this.#holder, election.leader || 'nobody');
    setText(this.#node, election.node);
    setText(since, election.since === null ? '–' : duration(now - election.since));
    setText(term, String(election.transitions));
    setText(candidates, String(election.candidates.length));
    this.tick(now, connected);
    if (this.#details) this.#fillDetails(now);
  }

  // What goes on by itself: the ages, and a term that runs out.
  tick(now, connected) {
    const election = this.#election;
    const state = stateOf(election, now, connected);
    setAttribute(this.element, 'data-state', state);
    setText(this.#state, STATE_WORDS[state]);
    const held = election.leader !== '';
    setText(this.#cells[5], held ? `${duration(now - election.renewed)} ago` : '–');
    const left = (election.expires ?? now) - now;
    const text = held ? expiry(election, left) : '–';
    const moving = held && connected ? election : null;
    if (this.#barOf !== moving || !this.#bar.firstChild) {
      this.#barOf = moving;
      this.#bar.show(moving ? left : 0, election.leaseDurationSeconds * 1000, text);
    } else {
      this.#bar.label(text);
    }
  }

  toggle() {
    if (this.#details) {
      this.#details.remove();
      this.#details = null;
    } else {
      this.#details = make('tr', { class: 'details', role: 'row' },
        make('td', { role: 'cell', colspan: COLUMNS.length }));
      this.#fillDetails(performance.now());
      this.element.after(this.#details);
    }
    setAttribute(this.#button, 'aria-expanded', this.#details !== null);
  }

  #fillDetails(now) {
    const election = this.#election;
    const watched = now - this.#model.watchedSince;
    const leaderless = election.leaderlessMs + (election.leaderlessSince === null ? 0 : now - election.leaderlessSince);
    const timeline = make('leader-timeline');
    timeline.show(election.spans, this.#model.watchedSince, now);
    this.#details.firstChild.replaceChildren(
      ...election.warnings.length > 0 ? [part('Warnings', warnings(election))] : [],
      part('Facts', facts([
        ['Fencing token', election.token || 'not known: the term began before this page was served'],
        ['Lease duration', duration(election.leaseDurationSeconds * 1000)],
        ['Without a leader', `${duration(leaderless)} of the ${duration(watched)} that were watched`],
      ])),
      part('Candidates', candidates(election)),
      part(`Take-overs in the last ${duration(watched)}`, timeline, takeovers(election, now)));
  }
}

function expiry(election, left) {
  if (election.expires === null) return 'with its Pod';
  return left > 0 ? duration(left) : `expired ${duration(-left)} ago`;
}

function part(title, ...children) { return make('section', {}, make('h2', {}, title), ...children); }

function warnings(election) {
  return make('ul', { class: 'warnings' }, ...election.warnings.map((warning) => make('li', {}, warning)));
}

function facts(pairs) {
  return make('dl', {}, ...pairs.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));
}

function candidates({ candidates: all }) {
  if (all.length === 0) {
    return make('p', { class: 'quiet' }, 'No Pod of this cluster is known to campaign for this Lease.');
  }
  return make('ul', {}, ...all.map(({ name, node, state }) => make('li', {},
    make('span', { class: 'name' }, name), ` ${state}`, ...node ? [make('span', { class: 'quiet' }, ` on ${node}`)] : [])));
}

function takeovers(election, now) {
  if (election.takeovers.length === 0) return make('p', { class: 'quiet' }, 'None.');
  return make('ol', { reversed: true }, ...election.takeovers.toReversed().map(({ at, to, how }) => make('li', {},
    `${clock(Date.now() - (now - at))}: `, make('span', { class: 'name' }, to), ` ${how}`)));
}
