package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// history appends records to a file, one JSON object per line and one write per record, so that
// several processes may share the file and a killed one loses nothing that it had said.
type history struct {
	out io.Writer
}

func (h history) write(record map[string]any) {
	line, err := json.Marshal(record)
	if err == nil {
		_, err = h.out.Write(append(line, '\n'))
	}
	if err != nil {
		// A history with holes would hide violations.
		fmt.Fprintln(os.Stderr, "peer: cannot write the history:", err)
		os.Exit(1)
	}
}

// boottime is the clock of all histories: it goes on while the machine or a process sleeps, and all
// processes of a machine share it.
func boottime() int64 {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		fmt.Fprintln(os.Stderr, "peer: cannot read CLOCK_BOOTTIME:", err)
		os.Exit(1)
	}
	return now.Nano()
}
