// Go programs that nobody here wrote, at pinned versions; go.sum holds their digests.
module forgeone.test/conformance

go 1.24.0

tool github.com/itchyny/gojq/cmd/gojq

require github.com/yuin/goldmark v1.8.7

require github.com/itchyny/gojq v0.12.19 // indirect

require (
	github.com/clipperhouse/stringish v0.1.1 // indirect
	github.com/clipperhouse/uax29/v2 v2.3.0 // indirect
	github.com/itchyny/go-yaml v0.0.0-20251001235044-fca9a0999f15 // indirect
	github.com/itchyny/timefmt-go v0.1.8 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	github.com/mattn/go-runewidth v0.0.19 // indirect
	golang.org/x/sys v0.38.0 // indirect
)
