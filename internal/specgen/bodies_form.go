package specgen

// Kinds as the tables of bodies write them: by hand, not from package events.
const (
	queueUpdate = "escalationQueueUpdate"
	success     = "escalationSuccess"
	message     = "message"
	failed      = "escalationFailed"
	disconnect  = "agentDisconnect"
	escalate    = "widgetEscalate"
	visitorSays = "widgetMessage"
	endSession  = "widgetEndSession"
)

// formBodies are about the body as a whole: its size, its bytes, its JSON, its keys.
var formBodies = []body{
	{"body-size", "exactly at the limit", outbound, message, padded(call(message, `"text":"Hi"`), 2097152), nil, nil},
	{"body-size", "one byte over the limit", outbound, "", padded(call(message, `"text":"Hi"`), 2097153), breaks("body-size"), nil},
	{"body-size", "webhook exactly at the limit", inbound, visitorSays, padded(hook(visitorSays, `"text":"Hi"`), 2097152), nil, nil},
	{"body-size", "webhook one byte over the limit", inbound, "", padded(hook(visitorSays, `"text":"Hi"`), 2097153), breaks("body-size"), nil},

	{"body-utf8", "letters and a face outside the BMP, plain", outbound, message, call(message, `"text":"Grüße 😀"`), nil, nil},
	{"body-utf8", "the same face as an escaped surrogate pair", outbound, message, call(message, `"text":"\ud83d\ude00"`), nil, nil},
	{"body-utf8", "an escaped backslash before ud800", outbound, message, call(message, `"text":"\\ud800"`), nil, nil},
	{"body-utf8", "webhook with an escaped surrogate pair", inbound, visitorSays, hook(visitorSays, `"text":"\uD83D\uDE00"`), nil, nil},
	{"body-utf8", "a byte that UTF-8 never has", outbound, "", call(message, "\"text\":\"a\xffb\""), breaks("body-utf8"), nil},
	{"body-utf8", "a character cut short", outbound, "", call(message, "\"text\":\"\xe2\x82\""), breaks("body-utf8"), nil},
	{"body-utf8", "a surrogate encoded in three bytes", outbound, "", call(message, "\"text\":\"\xed\xa0\x80\""), breaks("body-utf8"), nil},
	{"body-utf8", "the first half of a pair alone", outbound, "", call(message, `"text":"\ud83d"`), breaks("body-utf8"), nil},
	{"body-utf8", "the halves in the wrong order", outbound, "", call(message, `"text":"\ude00\ud83d"`), breaks("body-utf8"), nil},
	{"body-utf8", "webhook with a byte that UTF-8 never has", inbound, "", hook(visitorSays, "\"text\":\"\xc0\""), breaks("body-utf8"), nil},

	{"body-json", "white space around and within", outbound, failed,
		raw("\r\n\t { \"eventType\" : \"escalationFailed\" , \"platformConversationId\" : \"123456789\" } \n"), nil, nil},
	{"body-json", "webhook with white space", inbound, endSession,
		raw("\n{ \"botId\": \"bot-1\",\n \"data\": { \"platformConversationId\": \"123456789\", \"eventType\": \"widgetEndSession\" } }\n"), nil, nil},
	{"body-json", "empty", outbound, "", raw(""), breaks("body-json"), nil},
	{"body-json", "null", outbound, "", raw("null"), breaks("body-json"), nil},
	{"body-json", "an array", outbound, "", raw("[" + call(failed, "").raw + "]"), breaks("body-json"), nil},
	{"body-json", "a string", outbound, "", raw(`"message"`), breaks("body-json"), nil},
	{"body-json", "two objects", outbound, "", raw(call(failed, "").raw + call(failed, "").raw), breaks("body-json"), nil},
	{"body-json", "cut short", outbound, "", raw(`{"platformConversationId":"123456789","eventType":"mess`), breaks("body-json"), nil},
	{"body-json", "a comma too many", outbound, "", raw(`{"platformConversationId":"123456789","eventType":"escalationFailed",}`), breaks("body-json"), nil},
	{"body-json", "a byte order mark", outbound, "", raw("\ufeff" + call(failed, "").raw), breaks("body-json"), nil},
	{"body-json", "a raw line feed in a string", outbound, "", call(message, "\"text\":\"a\nb\""), breaks("body-json"), nil},
	{"body-json", "a form instead of JSON", inbound, "", raw("botId=bot-1&eventType=widgetEscalate"), breaks("body-json"), nil},
	{"body-json", "webhook with an array", inbound, "", raw("[]"), breaks("body-json"), nil},

	{"body-keys", "keys in any order", outbound, success,
		raw(`{"agent":"John Smith","eventType":"escalationSuccess","platformConversationId":"123456789"}`), nil, nil},
	{"body-keys", "unknown keys are reported, not refused", outbound, failed, call(failed, `"reason":"nobody there","escalateTo":"sales"`), nil, []string{"escalateTo", "reason"}},
	{"body-keys", "webhook with unknown keys", inbound, escalate,
		raw(`{"botId":"bot-1","attempt":1,"data":{"platformConversationId":"123456789","eventType":"widgetEscalate","sentAt":null}}`), nil, []string{"attempt", "data.sentAt"}},
	{"body-keys", "a key twice, last one harmless", outbound, "",
		raw(`{"platformConversationId":"123456789","eventType":"message","text":"Hi","eventType":"message"}`), breaks("body-keys"), nil},
	{"body-keys", "an unknown key twice", outbound, "", call(failed, `"x":1,"x":2`), breaks("body-keys"), nil},
	{"body-keys", "a key spelt two ways", outbound, "", call(message, `"text":"Hi","Text":"Bye"`), breaks("body-keys"), nil},
	{"body-keys", "a known key in another case", outbound, success, call(success, `"Agent":"John Smith"`), breaks("body-keys"), nil},
	{"body-keys", "the wrong case leaves the field missing", outbound, message, call(message, `"TEXT":"Hi"`), breaks("body-keys", "text-required"), nil},
	{"body-keys", "webhook whose second event type would end the session", inbound, "",
		hook(visitorSays, `"text":"Hi","EVENTTYPE":"widgetEndSession"`), breaks("body-keys"), nil},
	{"body-keys", "webhook with data twice", inbound, "",
		raw(`{"botId":"bot-1","data":{},"data":{"platformConversationId":"123456789","eventType":"widgetEndSession"}}`), breaks("body-keys"), nil},
	{"body-keys", "webhook with botid", inbound, endSession,
		raw(`{"botid":"bot-1","data":{"platformConversationId":"123456789","eventType":"widgetEndSession"}}`), breaks("body-keys", "bot-id"), nil},
}
