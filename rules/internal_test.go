package rules

import (
	"errors"
	"testing"
)

// Validate returns nothing but *events.InvalidError today. Should that change, the event stays refused.
func TestUnexpectedValidationErrorStillRefuses(t *testing.T) {
	strange := errors.New("strange")
	if got := payloadViolations(strange); len(got) != 1 || got[0].Err != strange {
		t.Errorf("got %v", got)
	}
}
