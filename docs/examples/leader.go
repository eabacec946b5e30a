// Acts while this replica leads: the deadline counts from before it asked, by time.Now, which is monotonic.
package main

import ("encoding/json"; "fmt"; "net/http"; "os"; "time")

type State struct{ IsLeader bool; FencingToken string; ValidForMs int64 }

func main() {
	client := http.Client{Timeout: time.Second}
	for ; ; time.Sleep(200 * time.Millisecond) {
		asked, state := time.Now(), State{}
		answer, err := client.Get(os.Getenv("LEADER_ELECTOR_URL") + "/api/leader")
		if err != nil {
			continue // nobody says that it leads
		}
		err = json.NewDecoder(answer.Body).Decode(&state)
		answer.Body.Close()
		deadline := asked.Add(time.Duration(state.ValidForMs) * time.Millisecond)
		if err == nil && state.IsLeader && time.Now().Before(deadline) {
			fmt.Println("acted", state.FencingToken) // one short write, to a store that refuses a lower token
		}
	}
}
