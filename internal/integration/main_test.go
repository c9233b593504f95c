package integration_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain looks for goroutines once more when all tests are done, those that ran side by side included.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
