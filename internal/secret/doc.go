// Package secret has values that refuse to be printed, and resolves the
// references that stand for them in specs and configuration.
package secret
