// Package integration holds no code, only tests of several packages at once, and those that need libraries
// which the root module must not require. It is a module of its own and is never tagged.
//
// Every test runs against real sockets on loopback. One file is about one promise:
//
//   - leak_test.go: after Close no goroutine is left, whatever happened before;
//   - openapi_test.go, bodies_test.go, vectors_test.go: the schemas of spec/openapi.yaml say what the codec
//     and the default rules say, as far as a schema can; names_test.go: the JSON files name what the library names;
//   - programs_test.go: the built programs, run as a stranger runs them, on captured traffic;
//   - canary_test.go: keys, secrets and texts are printed nowhere;
//   - redirect_test.go, reuse_test.go, brusque_test.go, idle_test.go, html_test.go: traps of HTTP, through the whole stack.
//
// Go caches test results by what a test imports, and the programs are built, not imported: after a change
// that touches nothing but them, run the tests with -count=1.
package integration
