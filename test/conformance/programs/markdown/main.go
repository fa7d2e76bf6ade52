// Command markdown renders a file, or standard input, as HTML.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func main() {
	in, out := os.Stdin, os.Stdout
	var err error
	if len(os.Args) > 1 {
		if in, err = os.Open(os.Args[1]); err != nil {
			fail(err)
		}
	}
	source, err := io.ReadAll(in)
	if err != nil {
		fail(err)
	}
	if len(os.Args) > 2 {
		if out, err = os.Create(os.Args[2]); err != nil {
			fail(err)
		}
	}
	md := goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
	if err := md.Convert(source, out); err != nil {
		fail(err)
	}
	if err := out.Close(); err != nil {
		fail(err)
	}
}
