// What the page knows: the elections by their key, what the server said of itself, and when it was heard. Knows nothing
// of the document. All instants are moved to performance.now() as they come: each message says "now" on the server's
// clock, which need not agree with the reader's.

// An election is "unknown" where the page has not been told in time: what was green must not stay green.
export const STATES = ['warning', 'vacant', 'unknown', 'led'];

export class Model {
  #elections = new Map();
  source = {};
  watchedSince = 0; // since when the server counts
  heardAt = null; // performance.now() of the last word from the server; null before the first

  // A snapshot replaces all; an update names what changed and what is gone.
  take(message, now) {
    this.heardAt = now;
    const shift = now - message.now;
    this.watchedSince = message.began + shift;
    if (message.source) this.source = message.source;
    if (message.whole) this.#elections.clear();
    for (const key of message.gone ?? []) this.#elections.delete(key);
    for (const election of message.elections ?? []) {
      this.#elections.set(keyOf(election), moved(election, shift));
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

// As the server names what is gone.
export const keyOf = ({ namespace, lease }) => `${namespace}/${lease}`;

function textOf(election) {
  const { key, workload, leader, node } = election;
  return [key, workload, leader, node].join('\n').toLowerCase();
}

function moved(election, shift) {
  const move = (instant) => (instant === null ? null : instant + shift);
  return {
    ...election,
    key: keyOf(election),
    since: move(election.since),
    renewed: move(election.renewed),
    expires: move(election.expires),
    leaderlessSince: move(election.leaderlessSince),
    spans: election.spans.map((span) => ({ ...span, from: move(span.from), to: move(span.to) })),
    takeovers: election.takeovers.map((each) => ({ ...each, at: move(each.at) })),
  };
}

export function stateOf(election, now, connected) {
  if (!connected) return 'unknown';
  if (election.warnings.length > 0) return 'warning';
  if (!election.leader) return 'vacant';
  return election.expires === null || election.expires > now ? 'led' : 'unknown';
}
