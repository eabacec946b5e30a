// Acts while this replica leads: it asks before each action, and acts until the answer's deadline at most.
const url = (process.env.LEADER_ELECTOR_URL ?? "http://localhost:4040") + "/api/leader";
const now = () => Number(process.hrtime.bigint() / 1000000n); // CLOCK_MONOTONIC, in milliseconds

function act(token) {
  console.log("acted", token); // one short write, to a store that refuses a lower token
}

for (;;) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(1000) });
    const state = await answer.json();
    if (now() < state.validUntilMonotonicMs) act(state.fencingToken);
  } catch {
    // nobody says that it leads
  }
  await new Promise((passed) => setTimeout(passed, 200));
}
