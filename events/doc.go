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
//     UTF-8, unpaired surrogates, NUL in a key or a field. They refuse a field that does not
//     belong to the event.
//   - They keep working when the vendor adds a field: unknown names are reported, not refused.
//     Keys and NUL within the value of an unknown field are not looked at.
//   - No text of an error holds the value of a field, except that [ParseKind] quotes the name it
//     does not know. Names from outside are cut to 40 bytes, without control characters.
//
// All types are plain values and safe for concurrent use. The package imports nothing else of
// this module.
package events
