// One election: a row of the table, and below it, when it is opened, the row of its details.

import { make, setAttribute, setText } from './elements.js';
import { remaining, renewedAgo, stateOf } from './model.js';
import { clock, duration } from './time.js';

const STATE_WORDS = { led: 'led', vacant: 'no leader', warning: 'warning', unknown: 'not known' };
const COLUMNS = ['State', 'Election', 'Leader', 'Since', 'Term', 'Last renewal', 'Time to expiry', 'Candidates'];

export class Row {
  #cells = COLUMNS.map((column) => make('td', { role: 'cell', 'data-label': column }));
  #state = make('span', { class: 'state' });
  #name = make('span', { class: 'name' });
  #button = make('button', { type: 'button', 'aria-expanded': 'false' }, this.#name);
  #workload = make('span', { class: 'quiet' });
  #holder = make('span', { class: 'name' });
  #node = make('span', { class: 'quiet' });
  #bar = make('expiry-bar');
  #details = null;
  #election = null;
  #barOf = null;

  constructor(key) {
    this.key = key;
    const [state, name, holder, , , , expiry] = this.#cells;
    state.append(this.#state);
    name.append(this.#button, this.#workload);
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
    setText(this.#name, `${election.namespace}/${election.name}`);
    setText(this.#workload, election.workload);
    setText(this.#holder, election.holder || 'nobody');
    setText(this.#node, election.node);
    setText(since, election.heldMs === null ? '–' : duration(election.heldMs + now - election.toldAt));
    setText(term, String(election.term));
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
    const held = election.holder !== '';
    setText(this.#cells[5], held ? `${duration(renewedAgo(election, now))} ago` : '–');
    const left = remaining(election, now);
    const text = held ? (left > 0 ? duration(left) : `expired ${duration(-left)} ago`) : '–';
    const moving = held && connected ? election : null;
    if (this.#barOf !== moving || !this.#bar.firstChild) {
      this.#barOf = moving;
      this.#bar.show(moving ? left : 0, election.durationMs, text);
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
    const parts = [];
    if (election.warnings.length > 0) {
      parts.push(part('Warnings', make('ul', { class: 'warnings' },
        ...election.warnings.map((warning) => make('li', {}, warning)))));
    }
    parts.push(part('Facts', facts([
      ['Fencing token', election.token || '–'],
      ['Lease duration', duration(election.durationMs)],
      ['Without a leader', `${duration(election.leaderlessMs)} of the last ${duration(election.watchedMs)}`],
    ])));
    parts.push(part('Candidates', election.candidates.length === 0
      ? make('p', { class: 'quiet' }, 'No Pod of this cluster is known to campaign for this Lease.')
      : make('ul', {}, ...election.candidates.map((each) => make('li', {}, make('span', { class: 'name' }, each.name),
        ` ${each.state}`, ...(each.node ? [make('span', { class: 'quiet' }, ` on ${each.node}`)] : []))))));
    const timeline = make('leader-timeline');
    timeline.show(election.spans, Math.max(1, election.watchedMs));
    const changes = election.takeovers.map((each) => make('li', {},
      `${clock(Date.now() - each.msAgo - (now - election.toldAt))}: `,
      make('span', { class: 'name' }, each.to || 'nobody'), ` ${each.why}`));
    parts.push(part(`Take-overs in the last ${duration(election.watchedMs)}`, timeline, changes.length === 0
      ? make('p', { class: 'quiet' }, 'None.') : make('ol', { reversed: true }, ...changes)));
    this.#details.firstChild.replaceChildren(...parts);
  }
}

function part(title, ...children) { return make('section', {}, make('h2', {}, title), ...children); }

function facts(pairs) {
  return make('dl', {}, ...pairs.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));
}
