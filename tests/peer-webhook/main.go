// Peer-webhook is an injector as one writes it in Go: what the benchmark of the webhook holds ours
// against. It reads an AdmissionReview with encoding/json into the types of k8s.io/api, and answers
// with a JSON patch that adds the same sidecar as ours does.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
)

// What an API server sends at most: two objects of 3 MB, and the rest.
const maxReview = 7 << 20

func main() {
	if err := run(); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "peer-webhook:", err)
		os.Exit(2)
	}
}

func run() error {
	addr := flag.String("addr", ":8443", "where to answer reviews")
	certificate := flag.String("certificate", "", "PEM file with the private key and its certificate (required)")
	image := flag.String("image", "", "image of the sidecar (required)")
	flag.Parse()
	if *certificate == "" || *image == "" {
		return errors.New("--certificate and --image are required")
	}
	http.HandleFunc("POST /inject", reviewer(*image))
	return http.ListenAndServeTLS(*addr, *certificate, *certificate, nil)
}

func reviewer(image string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReview))
		if err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		answer, err := review(body, image)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write(answer)
	}
}

func review(body []byte, image string) ([]byte, error) {
	var asked admissionv1.AdmissionReview
	if err := json.Unmarshal(body, &asked); err != nil {
		return nil, err
	}
	if asked.Request == nil {
		return nil, errors.New("the review has no request")
	}
	var pod corev1.Pod
	if err := json.Unmarshal(asked.Request.Object.Raw, &pod); err != nil {
		return nil, err
	}
	response := &admissionv1.AdmissionResponse{UID: asked.Request.UID, Allowed: true}
	if operations := inject(&pod, image); len(operations) > 0 {
		patch, err := json.Marshal(operations)
		if err != nil {
			return nil, err
		}
		kind := admissionv1.PatchTypeJSONPatch
		response.Patch, response.PatchType = patch, &kind
	}
	return json.Marshal(admissionv1.AdmissionReview{TypeMeta: asked.TypeMeta, Response: response})
}
