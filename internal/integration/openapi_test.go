package integration_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/escalationkit/escalation/spec"
)

// Where openapi.yaml keeps the schemas of bodies.
const (
	outboundBody = "/paths/~1agent~1converse~1send-message-to-widget/post/requestBody"
	inboundBody  = "/webhooks/%/post/requestBody" // % stands for the event
	schemaOfBody = "/content/application~1json/schema"
)

var (
	outboundKinds = []string{"escalationQueueUpdate", "escalationSuccess", "message", "escalationFailed", "agentDisconnect"}
	inboundKinds  = []string{"widgetEscalate", "widgetMessage", "widgetEndSession"}
)

// document is openapi.yaml in terms of JSON, parsed once.
var document = sync.OnceValues(func() (any, error) {
	text, err := fs.ReadFile(spec.FS, "openapi.yaml")
	if err != nil {
		return nil, err
	}
	var tree any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	asJSON, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
})

// schemas compiles what stands at the given places of the document.
func schemas(t *testing.T, places ...string) []*jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	check(t, compiler.AddResource("openapi.yaml", must(document())(t)))
	var all []*jsonschema.Schema
	for _, place := range places {
		all = append(all, must(compiler.Compile("openapi.yaml#"+place))(t))
	}
	return all
}

// outboundSchemas are those of what the CRM sends: one for all events.
func outboundSchemas(t *testing.T) []*jsonschema.Schema {
	t.Helper()
	return schemas(t, outboundBody+schemaOfBody)
}

// inboundSchemas are those of what the widget sends: one for each event, in the order of inboundKinds.
func inboundSchemas(t *testing.T) []*jsonschema.Schema {
	t.Helper()
	var places []string
	for _, kind := range inboundKinds {
		places = append(places, strings.Replace(inboundBody, "%", kind, 1)+schemaOfBody)
	}
	return schemas(t, places...)
}

// accepting counts the schemas that accept a body. A body that is not JSON is accepted by none.
func accepting(all []*jsonschema.Schema, body []byte) int {
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return 0
	}
	n := 0
	for _, s := range all {
		if s.Validate(instance) == nil {
			n++
		}
	}
	return n
}

// TestOpenAPIDocument reads what every reader of such a document looks for first.
func TestOpenAPIDocument(t *testing.T) {
	t.Parallel()
	tree, _ := must(document())(t).(map[string]any)
	type summary struct {
		Version   string
		Paths     []string
		Webhooks  []string
		KeyHeader any
	}
	got := summary{Paths: keys(tree["paths"]), Webhooks: keys(tree["webhooks"])}
	got.Version, _ = tree["openapi"].(string)
	got.KeyHeader = at(tree, "components", "securitySchemes", "apiKey", "name")
	want := summary{
		Version:   "3.1.0",
		Paths:     []string{"/agent/converse/send-message-to-widget"},
		Webhooks:  []string{"widgetEndSession", "widgetEscalate", "widgetMessage"},
		KeyHeader: "Authorization",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("openapi.yaml (-want +got):\n%s", diff)
	}
}

// TestOpenAPIExamples holds every example of a body against the schema beside it.
func TestOpenAPIExamples(t *testing.T) {
	t.Parallel()
	tree := must(document())(t)
	places := map[string]int{outboundBody: 6} // with the number of examples
	for _, kind := range inboundKinds {
		places[strings.Replace(inboundBody, "%", kind, 1)] = 1
	}
	for place, want := range places {
		schema := schemas(t, place+schemaOfBody)[0]
		var path []string
		for _, step := range strings.Split(place+"/content/application~1json/examples", "/")[1:] {
			path = append(path, strings.ReplaceAll(step, "~1", "/"))
		}
		examples, _ := at(tree, path...).(map[string]any)
		if len(examples) != want {
			t.Errorf("%s: %d examples, want %d", place, len(examples), want)
		}
		for name, example := range examples {
			if err := schema.Validate(at(example, "value")); err != nil {
				t.Errorf("example %s: %v", name, err)
			}
		}
	}
}

// at follows a path of keys; nil if it leads nowhere.
func at(tree any, path ...string) any {
	for _, key := range path {
		object, _ := tree.(map[string]any)
		tree = object[key]
	}
	return tree
}

// keys returns the sorted keys of an object.
func keys(tree any) []string {
	object, _ := tree.(map[string]any)
	return slices.Sorted(maps.Keys(object))
}
