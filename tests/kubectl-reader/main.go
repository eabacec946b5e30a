// Kubectl-reader reads files of manifests as kubectl does: by the decoder of k8s.io/apimachinery that
// every "kubectl -f" goes through, which hands each document to sigs.k8s.io/yaml.
//
// Each line of its input is a file in base64, and each line of its output what is in that file: the
// list of its documents, as JSON, or a text that says why it is refused.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// What "kubectl -f" looks at to tell JSON from YAML.
const lookAhead = 4096

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "kubectl-reader:", err)
		os.Exit(2)
	}
}

func run(in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	answers := json.NewEncoder(out)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		file, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(line)))
		if err != nil {
			return err
		}
		var answer any
		if answer, err = documents(file); err != nil {
			answer = err.Error()
		}
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
}

// documents are read as by StreamVisitor.Visit of k8s.io/cli-runtime/pkg/resource.
func documents(file []byte) ([]json.RawMessage, error) {
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(file), lookAhead)
	found := []json.RawMessage{}
	for {
		var document runtime.RawExtension
		if err := decoder.Decode(&document); err != nil {
			if errors.Is(err, io.EOF) {
				return found, nil
			}
			return nil, err
		}
		raw := bytes.TrimSpace(document.Raw)
		if len(raw) > 0 && !bytes.Equal(raw, []byte("null")) {
			found = append(found, raw)
		}
	}
}
