package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/computesync/computesync/internal/output"
	"github.com/computesync/computesync/internal/strictyaml"
)

// The exit codes, as README.md lists them. Where several hold, the greatest of
// rank wins.
const (
	exitOK          = 0
	exitError       = 1
	exitSteps       = 2
	exitHeld        = 3
	exitPartly      = 4
	exitInvalid     = 5
	exitUsage       = 64
	exitInterrupted = 130
)

var rank = map[int]int{exitOK: 0, exitSteps: 1, exitHeld: 2, exitPartly: 3, exitInvalid: 4, exitError: 5, exitUsage: 6, exitInterrupted: 7}

// worse returns the code that wins when both hold.
func worse(a, b int) int {
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// coded is an end that is told by an exit code, and perhaps an error.
type coded struct {
	code int
	text string // "" when all was said already
	hint string
	err  error
}

func (c *coded) Error() string {
	if c.err != nil {
		return c.err.Error()
	}
	return c.text
}

func (c *coded) Unwrap() error { return c.err }

func (c *coded) Hint() string { return c.hint }

func usage(text, hint string) error { return &coded{code: exitUsage, text: text, hint: hint} }

// ended is nil for 0, and else an error that prints nothing more.
func ended(code int) error {
	if code == exitOK {
		return nil
	}
	return &coded{code: code}
}

// exit prints an error with its way out, and returns the exit code.
func (a *app) exit(err error) int {
	if err == nil {
		return exitOK
	}
	code := codeOf(err)
	if a.interrupted() {
		code = worse(code, exitInterrupted)
	}
	if code == exitInterrupted && errors.Is(err, context.Canceled) {
		return code // who interrupts knows why nothing more came
	}
	a.complain(err)
	return code
}

// codeOf is the exit code that an error alone gives.
func codeOf(err error) int {
	var c *coded
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &c):
		return c.code
	}
	return exitError
}

// complain prints an error in the voice of every error: what, then a way out.
func (a *app) complain(err error) {
	text := err.Error()
	if text == "" {
		return
	}
	excerpt := ""
	var quoting *ungrantedError
	if errors.As(err, &quoting) {
		excerpt = quoting.Excerpt()
	}
	// Nothing that an error of several lines quotes begins one like ours.
	printError(a.err, strings.ReplaceAll(text, "\n", "\n  "), excerpt, hintOf(err))
}

// hintOf is what an error says to do about it; "" where it says nothing.
func hintOf(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}

// printError writes an error, the place that it is about, and a way out.
func printError(w io.Writer, text, excerpt, hint string) {
	fmt.Fprintf(w, "computesync: error: %s\n", text)
	if excerpt != "" {
		fmt.Fprintln(w, strings.TrimRight(excerpt, "\n"))
	}
	if hint != "" {
		fmt.Fprintf(w, "hint: %s\n", output.Visible(hint))
	}
}

// notice prints what is good to know.
func (a *app) notice(format string, args ...any) { a.remark("notice", fmt.Sprintf(format, args...)) }

// remark prints something that is no error, in one line.
func (a *app) remark(kind, text string) {
	fmt.Fprintf(a.err, "computesync: %s: %s\n", kind, output.Visible(text))
}

// specErrors prints what is wrong with specs: each with its line and a way out.
func specErrors(w io.Writer, errs strictyaml.Errors) {
	for _, e := range errs {
		printError(w, output.Visible(e.Error()), e.Excerpt(), e.Hint)
	}
}
