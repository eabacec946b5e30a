// What the page knows: the elections by their key, what the server said of itself, and when it was heard. Knows nothing
// of the document. All ages count on performance.now(): the server sends how long ago and how long still, never a time
// of its clock that would have to agree with the reader's.

// An election is "unknown" where the page has not been told in time: what was green must not stay green.
export const STATES = ['warning', 'vacant', 'unknown', 'led'];

export class Model {
  #elections = new Map();
  source = {};
  heardAt = null; // performance.now() of the last word from the server; null before the first

  // A snapshot replaces all; an update names what changed and what is gone.
  take(message, now) {
    this.heardAt = now;
    if (message.source) this.source = message.source;
    if (message.whole) this.#elections.clear();
    for (const key of message.gone ?? []) this.#elections.delete(key);
    for (const election of message.elections ?? []) {
      this.#elections.set(election.key, { ...election, toldAt: now });
    }
  }

  // The server is there and has nothing new.
  hear(now) { this.heardAt = now; }

  get size() { return this.#elections.size; }
  get(key) { return this.#elections.get(key); }

  namespaces() {
    return [...new Set([...this.#elections.values()].map((each) => each.namespace))].sort();
  }

  // The elections that a reader asks for, the worst first, then by name.
  chosen(filter, now, connected) {
    const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
    return [...this.#elections.values()]
      .filter((each) => !filter.namespace || each.namespace === filter.namespace)
      .filter((each) => !filter.warned || each.warnings.length > 0)
      .filter((each) => words.every((word) => textOf(each).includes(word)))
      .map((each) => ({ each, rank: STATES.indexOf(stateOf(each, now, connected)) }))
      .sort((a, b) => a.rank - b.rank || (a.each.key < b.each.key ? -1 : 1))
      .map(({ each }) => each);
  }

  // How many elections are in each state.
  counts(now, connected) {
    const counts = Object.fromEntries(STATES.map((state) => [state, 0]));
    for (const each of this.#elections.values()) counts[stateOf(each, now, connected)] += 1;
    return counts;
  }
}

function textOf(election) {
  const { key, workload, holder, node } = election;
  return [key, workload, holder, node].join('\n').toLowerCase();
}

// How long the term still lasts, by what was last told; may be negative.
export function remaining(election, now) {
  return election.expiresInMs - (now - election.toldAt);
}

export function renewedAgo(election, now) {
  return election.renewedAgoMs + (now - election.toldAt);
}

export function stateOf(election, now, connected) {
  if (!connected) return 'unknown';
  if (election.warnings.length > 0) return 'warning';
  if (!election.holder) return 'vacant';
  return remaining(election, now) > 0 ? 'led' : 'unknown';
}
