// Gen writes the field reference to its standard output.
package main

import (
	"log"
	"os"

	"github.com/computesync/computesync/internal/schema"
)

func main() {
	if _, err := os.Stdout.WriteString(schema.Reference()); err != nil {
		log.Fatal(err)
	}
}
