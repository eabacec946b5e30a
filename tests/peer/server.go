package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
)

// serveLeader answers GET /api/leader as our electors do, but for the fields that client-go has no
// notion of: fencing token and validity. "at" is an instant before the answer was decided.
func serveLeader(listener net.Listener, b *belief) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/leader", func(w http.ResponseWriter, _ *http.Request) {
		at := boottime()
		leader, leading := b.state()
		body, err := json.Marshal(map[string]any{"leader": leader, "isLeader": leading, "id": b.id, "at": at})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write(append(body, '\n'))
	})
	if err := http.Serve(listener, mux); err != nil {
		fmt.Fprintln(os.Stderr, "peer: cannot serve:", err)
		os.Exit(1)
	}
}
