// Command exit ends as its first argument says: with a number, or in a panic.
package main

import (
	"os"
	"strconv"
)

func main() {
	if os.Args[1] == "panic" {
		panic("as asked")
	}
	code, _ := strconv.Atoi(os.Args[1])
	os.Exit(code)
}
