package httptransport_test

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/transport/httptransport"
)

// TestSecretNeverPrints: any verb, any nesting, exported and not.
func TestSecretNeverPrints(t *testing.T) {
	secret := httptransport.NewSecret(keyCanary)
	type hidden struct{ secret httptransport.Secret }
	type Open struct{ Secret httptransport.Secret }
	type deep struct {
		one  hidden
		many []Open
		byID map[string]*hidden
		any  any
	}
	for _, x := range []any{
		secret, &secret, hidden{secret}, &hidden{secret}, Open{secret}, &Open{secret},
		[]httptransport.Secret{secret}, [1]httptransport.Secret{secret}, map[string]httptransport.Secret{"k": secret},
		deep{hidden{secret}, []Open{{secret}}, map[string]*hidden{"k": {secret}}, secret},
	} {
		wantNoCanary(t, x)
	}
	if text := shown(secret); !strings.Contains(text, "[secret]") {
		t.Errorf("no placeholder in %q", text)
	}
}

func TestSecretIsNotEncoded(t *testing.T) {
	secret := httptransport.NewSecret(keyCanary)
	asJSON, err := json.Marshal(map[string]any{"key": secret})
	if err != nil || string(asJSON) != `{"key":"[secret]"}` {
		t.Errorf("JSON: %s, %v", asJSON, err)
	}
	type Settings struct{ Key httptransport.Secret }
	asXML, err := xml.Marshal(Settings{secret})
	if err != nil || strings.Contains(string(asXML), keyCanary) {
		t.Errorf("XML: %s, %v", asXML, err)
	}
	var back Settings
	if err := json.Unmarshal([]byte(`{"Key":"[secret]"}`), &back); err == nil {
		t.Error("a placeholder was read back as a key")
	}
}

func TestSecretRevealAndEqual(t *testing.T) {
	a, same, other := httptransport.NewSecret("a"), httptransport.NewSecret("a"), httptransport.NewSecret("b")
	var zero httptransport.Secret
	if a.Reveal() != "a" || zero.Reveal() != "" {
		t.Errorf("revealed %q and %q", a.Reveal(), zero.Reveal())
	}
	if !a.Equal(same) || a.Equal(other) || a.Equal(zero) || !zero.Equal(httptransport.NewSecret("")) {
		t.Error("Equal does not compare the texts")
	}
}
