package integration_test

import (
	"os"
	"testing"

	"github.com/escalationkit/escalation/internal/integration/leak"
)

func TestMain(m *testing.M) { os.Exit(leak.Run(m)) }
