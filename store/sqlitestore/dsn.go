package sqlitestore

import (
	"net/url"
	"path/filepath"
	"strings"
)

// ModerncDSN returns the data source name with which modernc.org/sqlite opens the file at path as a Store needs it: WAL,
// synchronous FULL on every connection, ten seconds of patience with other writers, and transactions that take the
// write lock when they begin. Any path will do, whatever characters are in it.
func ModerncDSN(path string) string {
	return fileURI(path) + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"
}

// MattnDSN is ModerncDSN for github.com/mattn/go-sqlite3.
func MattnDSN(path string) string {
	return fileURI(path) + "?_busy_timeout=10000&_journal_mode=WAL&_synchronous=FULL&_txlock=immediate"
}

// fileURI writes a path in the way in which SQLite reads URIs: "file:" and the path with %XX for what has a meaning there.
func fileURI(path string) string {
	path = filepath.ToSlash(filepath.Clean(path))
	switch {
	case filepath.VolumeName(path) != "" && !strings.HasPrefix(path, "/"):
		path = "/" + path // C:/… on Windows
	case strings.HasPrefix(path, "//"):
		path = "//" + path // an empty authority before \\server\share
	}
	segments := strings.Split(path, "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	return "file:" + strings.Join(segments, "/")
}
