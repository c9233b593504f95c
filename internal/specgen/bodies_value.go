package specgen

// valueBodies are about what the fields hold.
var valueBodies = []body{
	{"text-required", "one character", outbound, message, call(message, `"text":"."`), nil, nil},
	{"text-required", "a space is a text", outbound, message, call(message, `"text":" "`), nil, nil},
	{"text-required", "webhook with a text", inbound, visitorSays, hook(visitorSays, `"text":"?"`), nil, nil},
	{"text-required", "missing", outbound, message, call(message, ""), breaks("text-required"), nil},
	{"text-required", "empty", outbound, message, call(message, `"text":""`), breaks("text-required"), nil},
	{"text-required", "webhook without one", inbound, visitorSays, hook(visitorSays, ""), breaks("text-required"), nil},
	{"text-required", "webhook with an empty one", inbound, visitorSays, hook(visitorSays, `"text":""`), breaks("text-required"), nil},

	{"field-utf8", "values with letters and a face", outbound, message, values(message, "text", "Grüße 😀"), nil, nil},
	{"field-utf8", "a text with a byte that UTF-8 never has", outbound, message, values(message, "text", "a\xffb"), breaks("field-utf8"), nil},
	{"field-utf8", "an agent cut short", outbound, success, values(success, "agent", "J\xc3"), breaks("field-utf8"), nil},
	{"field-utf8", "a conversation id with a stray byte", outbound, failed, values(failed, "platformConversationId", "1\x80"), breaks("field-utf8"), nil},
	{"field-utf8", "webhook values", inbound, visitorSays, values(visitorSays, "text", "Grüße"), nil, nil},
	{"field-utf8", "webhook text with an encoded surrogate", inbound, visitorSays, values(visitorSays, "text", "\xed\xa0\x80"), breaks("field-utf8"), nil},

	{"field-nul", "an escaped backslash before u0000", outbound, message, call(message, `"text":"\\u0000"`), nil, nil},
	{"field-nul", "other control characters", outbound, message, call(message, `"text":"a\u0001\t\nb"`), nil, nil},
	{"field-nul", "in the text", outbound, message, call(message, `"text":"a\u0000b"`), breaks("field-nul"), nil},
	{"field-nul", "in the agent's name", outbound, success, call(success, `"agent":"\u0000"`), breaks("field-nul"), nil},
	{"field-nul", "in the conversation id", outbound, failed, raw(`{"platformConversationId":"1\u0000","eventType":"escalationFailed"}`), breaks("field-nul"), nil},
	{"field-nul", "webhook text", inbound, visitorSays, hook(visitorSays, `"text":"\u0000"`), breaks("field-nul"), nil},
	{"field-nul", "webhook bot id", inbound, endSession,
		raw(`{"botId":"\u0000","data":{"platformConversationId":"123456789","eventType":"widgetEndSession"}}`), breaks("field-nul"), nil},

	{"field-size", "a text exactly at the limit", outbound, message, repeated(call(message, `"text":"~"`), "a", 65536), nil, nil},
	{"field-size", "at the limit in two-byte letters", outbound, message, repeated(call(message, `"text":"~"`), "ä", 32768), nil, nil},
	{"field-size", "at the limit, every character escaped", outbound, message, repeated(call(message, `"text":"~"`), `\u0001`, 65536), nil, nil},
	{"field-size", "a text one byte over", outbound, message, repeated(call(message, `"text":"~"`), "a", 65537), breaks("field-size"), nil},
	{"field-size", "bytes count, not letters", outbound, message, repeated(call(message, `"text":"~"`), "ä", 32769), breaks("field-size"), nil},
	{"field-size", "an agent one byte over", outbound, success, repeated(call(success, `"agent":"~"`), "a", 65537), breaks("field-size"), nil},
	{"field-size", "a conversation id one byte over", outbound, failed,
		repeated(raw(`{"platformConversationId":"~","eventType":"escalationFailed"}`), "1", 65537), breaks("field-size"), nil},
	{"field-size", "webhook text exactly at the limit", inbound, visitorSays, repeated(hook(visitorSays, `"text":"~"`), "a", 65536), nil, nil},
	{"field-size", "webhook text one byte over", inbound, visitorSays, repeated(hook(visitorSays, `"text":"~"`), "a", 65537), breaks("field-size"), nil},
	{"field-size", "webhook channel one byte over", inbound, endSession,
		repeated(raw(`{"botId":"bot-1","channel":"~","data":{"platformConversationId":"123456789","eventType":"widgetEndSession"}}`), "c", 65537), breaks("field-size"), nil},
}

// values is an event given by the value of one field, for the encoder.
func values(kind, field, value string) input {
	all := map[string]string{"platformConversationId": "123456789", "eventType": kind}
	if kind == visitorSays {
		all["botId"] = "bot-1"
	}
	all[field] = value
	return input{values: all}
}
