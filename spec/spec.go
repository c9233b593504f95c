// Package spec holds the specification of the Widget Escalation API as this module understands it, as
// files for programs in any language:
//
//   - escalation.json: states, kinds with their fields, switches, the transition table, and every rule,
//     each with what it rests on;
//   - vectors.json: inputs with the answers they must get: every state × kind, bodies that keep and
//     break each rule, every sequence of up to four events;
//   - openapi.yaml: an OpenAPI 3.1 document of the endpoint and the three webhooks.
//
// # Guarantees
//
//   - The files are generated from the packages events, fsm and rules; a test fails when they are stale.
//   - The expectations of vectors.json do not come from those packages: those of cells and sequences are
//     worked out from a regular expression, those of bodies were written by hand.
//   - The vectors notice every single change of a cell of the default table, and every payload rule and
//     every policy rule of the presets that is made to hold always or never; a test makes all those changes.
//
// README.md describes the formats.
package spec

import "embed"

//go:generate go run ../internal/specgen/generate -root ..

// FS holds escalation.json, vectors.json and openapi.yaml. It is read-only and safe for concurrent use.
//
//go:embed escalation.json vectors.json openapi.yaml
var FS embed.FS
