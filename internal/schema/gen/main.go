// Gen writes the field reference to the file that it is given.
package main

import (
	"fmt"
	"os"

	"github.com/computesync/computesync/internal/schema"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gen FILE")
		os.Exit(64)
	}
	if err := os.WriteFile(os.Args[1], []byte(schema.Reference()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
