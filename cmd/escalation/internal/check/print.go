package check

// Printer writes verdicts, one a line.
type Printer interface {
	// Print writes one verdict about a line of the named file. The name is empty if there is but one
	// input. The error is that of the underlying writer.
	Print(file string, v Verdict) error
}
