//go:build suite

// Package suite is never built: it keeps the module in go.mod whose folder testdata holds the YAML
// test suite.
package suite

import _ "github.com/goccy/go-yaml"
