// Package page holds the sandbox's page as files: index.html, served at /, and what it loads from /assets/. They are
// plain: no build step makes them, and they run under a policy that allows no inline script or style.
package page

import "embed"

// Files holds index.html, which is a template, and beside it every file that the page loads by the name /assets/<file>.
//
//go:embed index.html *.css *.js *.svg
var Files embed.FS
