// Package specgen builds the published specification and the generated pages of the documentation:
// the rule table and the OpenAPI document from packages events, fsm and rules, the expectations of
// the vectors from package oracle and by hand.
//
// Everything is a pure function of the source code: same code, same bytes. The command in generate
// writes the files; a test in package spec compares them.
package specgen
