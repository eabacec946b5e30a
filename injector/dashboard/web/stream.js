// The live connection. EventSource connects again by itself; what it does not notice is a connection that is open and
// silent. The server says something every five seconds, so silence for longer is a loss.

const SILENCE_MS = 12000;

export class Stream {
  #source = null;
  #heardAt = 0;

  // `onMessage(message)`, `onHeard()` and `onState(state)` with "connecting", "live" or "lost".
  constructor(url, { onMessage, onHeard, onState }) {
    this.url = url;
    this.onMessage = onMessage;
    this.onHeard = onHeard;
    this.onState = onState;
    setInterval(() => this.#check(), 1000);
    this.#connect();
  }

  #connect() {
    this.#source?.close();
    this.#heardAt = performance.now();
    const source = new EventSource(this.url);
    source.onmessage = (event) => {
      this.#hear();
      this.onMessage(JSON.parse(event.data));
    };
    source.addEventListener('alive', () => this.#hear());
    source.onerror = () => this.onState('lost');
    this.#source = source;
  }

  #hear() {
    this.#heardAt = performance.now();
    this.onState('live');
    this.onHeard();
  }

  // A browser gives up for good on an answer that is no stream (a proxy's error page): then begin again.
  #check() {
    const silent = performance.now() - this.#heardAt > SILENCE_MS;
    if (silent || this.#source.readyState === EventSource.CLOSED) {
      this.onState('lost');
      this.#connect();
    }
  }
}
