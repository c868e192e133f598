// Command computesync keeps the compute targets of Azure Machine Learning
// workspaces equal to YAML files in a git repository.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(ctx, os.Args[1:], streams(os.Stdin, os.Stdout, os.Stderr))
	stop()
	os.Exit(code)
}
