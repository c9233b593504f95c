// Package events holds the vocabulary of the Widget Escalation API: the five
// events a CRM sends to the widget, the three the widget sends to the CRM, and
// the JSON they travel in.
//
// # Guarantees
//
//   - What [Request.Encode] and [Envelope.Encode] return is what the API documents:
//     every field a JSON string, unset optional fields left out, nothing added.
//   - What they return decodes to the value that was encoded.
//   - [DecodeRequest] and [DecodeEnvelope] refuse a body that two parsers could read
//     differently: duplicate keys, keys that differ only in case, trailing data, invalid
//     UTF-8, unpaired surrogates, NUL. They refuse a field that does not belong to the event.
//   - They keep working when the vendor adds a field: unknown names are reported, not refused.
//   - No error holds the value of a field; an unknown event type is the one exception, cut to
//     a short length.
//
// All types are plain values and safe for concurrent use. The package imports nothing else of
// this module.
package events
