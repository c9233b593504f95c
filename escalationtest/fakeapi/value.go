package fakeapi

import (
	"encoding/json"
	"fmt"
	"strings"
)

// show returns what a chart says of a field whose value is no string. It is nothing of a message's text, and fits in a line.
func show(name string, value any) string {
	switch value.(type) {
	case json.Number, bool:
		if text := fmt.Sprint(value); name != fieldText && len(text) <= briefly {
			return text
		}
	case nil:
		return "null"
	}
	return "(" + jsonType(value) + ")"
}

// wantString says what is wrong with a field that is no string.
func wantString(name string, value any) string {
	out := "must be a string"
	if name == fieldPosition || name == fieldWaiting {
		example := "3"
		if text := fmt.Sprint(value); isNumber(text) {
			example = text
		}
		out += fmt.Sprintf(" such as %q", example)
	}
	out += ", not " + jsonType(value)
	if value == nil {
		out += "; what is not known is left out"
	}
	return out
}

// isNumber reports whether text is a short whole number.
func isNumber(text string) bool {
	return text != "" && len(text) < 10 && strings.Trim(text, "0123456789") == ""
}

func jsonType(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case []any:
		return "an array"
	}
	return "an object"
}
