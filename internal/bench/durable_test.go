package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// The two sides of row 5 leave the same rows: all but instants, which must be set or not set alike.
func TestSameRowsFromBothSides(t *testing.T) {
	w, err := openWriters(t.TempDir(), 3)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	for i := range w.ours {
		for range i + 1 {
			if err := errors.Join(w.ours[i](), w.peer[i]()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, table := range []string{"escalation_conversation", "escalation_event", "escalation_message", "escalation_repair"} {
		ours, peer := content(t, w.oursStored.db, table), content(t, w.peerStored.db, table)
		if ours != peer {
			t.Errorf("%s holds\n%s\nfrom us and\n%s\nfrom the peer", table, ours, peer)
		}
		if want := map[string]int{"escalation_conversation": 3, "escalation_event": 3 + 1 + 2 + 3}[table]; strings.Count(ours, "\n") != want {
			t.Errorf("%s holds %d rows, want %d:\n%s", table, strings.Count(ours, "\n"), want, ours)
		}
	}
}

// content is a table as text, a line for each row.
func content(t *testing.T, db *sql.DB, table string) string {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), "SELECT * FROM "+table+" ORDER BY 1, 2")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for rows.Next() {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, c := range columns {
			if n, ok := values[i].(int64); ok && n > 1e15 { // microseconds since 1970
				values[i] = "an instant"
			}
			fmt.Fprintf(&text, "%s=%s ", c, fmt.Sprint(values[i]))
		}
		text.WriteByte('\n')
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
