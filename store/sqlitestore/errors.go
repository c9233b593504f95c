package sqlitestore

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrInUse: a Store has this database open, in this process or in another. It is free when that one is closed or
	// its process has ended.
	ErrInUse = errors.New("the database is in use by another store")
	// ErrNoFile: the database lives in memory or in a temporary file, or its file is gone.
	ErrNoFile = errors.New("the database has no file that lasts")
)

// OpenError lists why a database was refused: all that could be found out at once. They are *SettingError, *SchemaError,
// ErrInUse, ErrNoFile, or what the driver or the operating system said.
type OpenError struct {
	Path     string // of the database; empty if it could not be told
	Problems []error
}

func (e *OpenError) Error() string {
	var b strings.Builder
	b.WriteString("sqlitestore: cannot open ")
	if e.Path == "" {
		b.WriteString("the database")
	} else {
		fmt.Fprintf(&b, "%q", e.Path)
	}
	for i, p := range e.Problems {
		b.WriteString(map[bool]string{true: ": ", false: "; "}[i == 0])
		b.WriteString(p.Error())
	}
	return b.String()
}

// Unwrap returns the problems.
func (e *OpenError) Unwrap() []error { return e.Problems }

// SettingError is a property of the database or its pool that does not suffice, or did not take.
type SettingError struct {
	Setting   string
	Got, Want string
}

func (e *SettingError) Error() string {
	return fmt.Sprintf("%s is %s, want %s", e.Setting, e.Got, e.Want)
}

// SchemaError is a schema that this version of the package does not work with.
type SchemaError struct {
	// Found is the version of the schema in the database, 0 if it has none; Want is that of this package.
	Found, Want int
	// Changed is the first migration that was applied in another wording than this package has; 0 if there is none.
	Changed int
}

func (e *SchemaError) Error() string {
	switch {
	case e.Changed != 0:
		return fmt.Sprintf("migration %d was applied in another wording than this program has", e.Changed)
	case e.Found > e.Want:
		return fmt.Sprintf("the schema is of version %d, newer than the %d of this program", e.Found, e.Want)
	}
	return fmt.Sprintf("the schema is of version %d, older than the %d of this program: run Migrate", e.Found, e.Want)
}
