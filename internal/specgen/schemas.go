package specgen

import (
	"strings"

	"github.com/escalationkit/escalation/events"
)

var summaries = map[events.Kind]string{
	events.KindEscalationQueueUpdate: "The visitor waits for an agent; both details are optional.",
	events.KindEscalationSuccess:     "An agent is connected; from here on both sides may talk.",
	events.KindMessage:               "An agent's words to the visitor; only after escalationSuccess.",
	events.KindEscalationFailed:      "No agent could be connected.",
	events.KindAgentDisconnect:       "The agent ended the escalated conversation.",
	events.KindWidgetEscalate:        "The widget asks for a human agent.",
	events.KindWidgetMessage:         "The visitor's words to the agent.",
	events.KindWidgetEndSession:      "The visitor ended the escalated session.",
}

// constraint is what a rule of this library demands of a field's text.
type constraint struct {
	pattern string
	rule    string
	basis   events.Basis
	format  string
}

// noNUL holds for every field; the patterns below imply it. Both Go and ECMAScript read these patterns
// the same way.
const noNUL = `^[^\x00]*$`

var constraints = map[string]constraint{
	"agentAvatar": {
		pattern: `^[Hh][Tt][Tt][Pp][Ss]://(\[[0-9A-Fa-f:.]+\]|[^\x00-\x20\x7f%/?#@:\[\]]+)(:[0-9]*)?([/?#][^\x00-\x20\x7f]*)?$`,
		rule:    "avatar-https", basis: events.Inferred, format: "uri",
	},
	"queuePosition": {pattern: `^[1-9][0-9]{0,18}$`, rule: "queue-position-positive", basis: events.Inferred},
	"waitingTime":   {pattern: `^(0|[1-9][0-9]{0,18})$`, rule: "waiting-time-whole", basis: events.Inferred},
}

// schemas returns the events of both directions, each direction's union, and the envelopes.
func schemas() mapping {
	all := mapping{{"OutboundEvent", union(events.OutboundKinds())}}
	for _, k := range events.OutboundKinds().Kinds() {
		all = append(all, pair{schemaName(k), eventSchema(k)})
	}
	for _, k := range events.InboundKinds().Kinds() {
		all = append(all, pair{schemaName(k) + "Envelope", envelopeSchema(k)}, pair{schemaName(k), eventSchema(k)})
	}
	return all
}

// schemaName is the kind's name with a capital.
func schemaName(k events.Kind) string {
	return strings.ToUpper(k.String()[:1]) + k.String()[1:]
}

func union(kinds events.KindSet) mapping {
	var options list
	var byName mapping
	for _, k := range kinds.Kinds() {
		options = append(options, ref("schemas", schemaName(k)))
		byName = append(byName, pair{k.String(), "#/components/schemas/" + schemaName(k)})
	}
	return mapping{
		{"oneOf", options},
		{"discriminator", mapping{{"propertyName", "eventType"}, {"mapping", byName}}},
	}
}

func eventSchema(k events.Kind) mapping {
	var required list
	var properties mapping
	for _, f := range events.Fields(k) {
		if f.Required {
			required = append(required, f.Name)
		}
		properties = append(properties, pair{f.Name, fieldSchema(k, f)})
	}
	schema := mapping{
		{"type", "object"},
		{"description", summaries[k]},
		{"required", required},
		{"properties", properties},
	}
	if strangers := fieldsOfOthers(k); len(strangers) > 0 {
		schema = append(schema, pair{"not", mapping{
			{"description", "Fields that belong to other events."},
			{"anyOf", strangers},
		}})
	}
	return append(schema, pair{"additionalProperties", true})
}

func fieldSchema(k events.Kind, f events.Field) mapping {
	if f.Name == "eventType" {
		return mapping{{"type", "string"}, {"const", k.String()}}
	}
	schema := mapping{{"type", "string"}, {"description", f.Meaning}}
	if f.Required || k.Outbound() { // what the widget leaves unset it may send empty
		schema = append(schema, pair{"minLength", 1})
	}
	if c, ok := constraints[f.Name]; ok {
		schema = append(schema, pair{"pattern", c.pattern})
		if c.format != "" {
			schema = append(schema, pair{"format", c.format})
		}
		return append(schema, pair{"x-rule", c.rule}, pair{"x-basis", c.basis.String()})
	}
	return append(schema, pair{"pattern", noNUL})
}

// fieldsOfOthers lists, each as a schema, the fields that belong to another event of k's direction and
// not to k.
func fieldsOfOthers(k events.Kind) list {
	kinds := events.OutboundKinds()
	if k.Inbound() {
		kinds = events.InboundKinds()
	}
	own := map[string]bool{}
	for _, f := range events.Fields(k) {
		own[f.Name] = true
	}
	var strangers list
	for _, other := range kinds.Kinds() {
		for _, f := range events.Fields(other) {
			if !own[f.Name] {
				own[f.Name] = true
				strangers = append(strangers, mapping{{"required", list{f.Name}}})
			}
		}
	}
	return strangers
}

func envelopeSchema(k events.Kind) mapping {
	return mapping{
		{"type", "object"},
		{"description", "The webhook body around " + k.String() + "; its shape is that of the vendor's example project."},
		{"required", list{"botId", "data"}},
		{"properties", mapping{
			{"botId", mapping{{"type", "string"}, {"description", "the bot of the conversation"}, {"minLength", 1}, {"pattern", noNUL}}},
			{"channel", mapping{{"type", "string"}, {"description", "chat, where it is set"}, {"pattern", noNUL}}},
			{"data", ref("schemas", schemaName(k))},
		}},
		{"additionalProperties", true},
	}
}
