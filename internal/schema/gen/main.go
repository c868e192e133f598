// Gen writes a reference page, spec or configuration, to its standard output.
package main

import (
	"log"
	"os"

	"github.com/computesync/computesync/internal/schema"
)

func main() {
	pages := map[string]func() string{"spec": schema.Reference, "configuration": schema.Configuration, "guardrails": schema.Guardrails}
	if _, err := os.Stdout.WriteString(pages[os.Args[1]]()); err != nil {
		log.Fatal(err)
	}
}
