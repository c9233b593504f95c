package specgen

// policyBodies are about the policy rules that are on by default. Their form is fine.
var policyBodies = []body{
	{"avatar-https", "the reference's own", outbound, success, avatar("https://example.com/avatar/john-smith.png"), nil, nil},
	{"avatar-https", "left out", outbound, success, call(success, `"agent":"John Smith"`), nil, nil},
	{"avatar-https", "with port, query and fragment", outbound, success, avatar("https://cdn.example.com:8443/a?size=64&v=2#x"), nil, nil},
	{"avatar-https", "a host and nothing else", outbound, success, avatar("https://example.com"), nil, nil},
	{"avatar-https", "the scheme in capitals", outbound, success, avatar("HTTPS://example.com/j.png"), nil, nil},
	{"avatar-https", "plain http", outbound, success, avatar("http://example.com/j.png"), breaks("avatar-https"), nil},
	{"avatar-https", "a path", outbound, success, avatar("/avatar/john-smith.png"), breaks("avatar-https"), nil},
	{"avatar-https", "without a scheme", outbound, success, avatar("//example.com/j.png"), breaks("avatar-https"), nil},
	{"avatar-https", "a script", outbound, success, avatar("javascript:alert(1)"), breaks("avatar-https"), nil},
	{"avatar-https", "inline data", outbound, success, avatar("data:image/png;base64,AAAA"), breaks("avatar-https"), nil},
	{"avatar-https", "without a host", outbound, success, avatar("https:///j.png"), breaks("avatar-https"), nil},
	{"avatar-https", "a port without a host", outbound, success, avatar("https://:443/j.png"), breaks("avatar-https"), nil},
	{"avatar-https", "no slashes", outbound, success, avatar("https:example.com/j.png"), breaks("avatar-https"), nil},
	{"avatar-https", "a user name", outbound, success, avatar("https://john@example.com/j.png"), breaks("avatar-https"), nil},
	{"avatar-https", "a user name and a password", outbound, success, avatar("https://john:secret@example.com/j.png"), breaks("avatar-https"), nil},
	{"avatar-https", "a per cent sign in the host", outbound, success, avatar("https://ex%61mple.com/j.png"), breaks("avatar-https"), nil},
	{"avatar-https", "a zone", outbound, success, avatar("https://[fe80::1%25eth0]/j.png"), breaks("avatar-https"), nil},
	{"avatar-https", "a per cent sign in the path", outbound, success, avatar("https://example.com/john%20smith.png"), nil, nil},
	{"avatar-https", "a space within", outbound, success, avatar("https://example.com/john smith.png"), breaks("avatar-https"), nil},
	{"avatar-https", "a space before", outbound, success, avatar(" https://example.com/j.png"), breaks("avatar-https"), nil},

	{"queue-position-positive", "first", outbound, queueUpdate, position("1"), nil, nil},
	{"queue-position-positive", "far back", outbound, queueUpdate, position("1000000"), nil, nil},
	{"queue-position-positive", "left out", outbound, queueUpdate, call(queueUpdate, `"waitingTime":"12"`), nil, nil},
	{"queue-position-positive", "zero", outbound, queueUpdate, position("0"), breaks("queue-position-positive"), nil},
	{"queue-position-positive", "negative", outbound, queueUpdate, position("-1"), breaks("queue-position-positive"), nil},
	{"queue-position-positive", "a plus sign", outbound, queueUpdate, position("+3"), breaks("queue-position-positive"), nil},
	{"queue-position-positive", "a leading zero", outbound, queueUpdate, position("03"), breaks("queue-position-positive"), nil},
	{"queue-position-positive", "a fraction", outbound, queueUpdate, position("3.0"), breaks("queue-position-positive"), nil},
	{"queue-position-positive", "an exponent", outbound, queueUpdate, position("1e3"), breaks("queue-position-positive"), nil},
	{"queue-position-positive", "a space", outbound, queueUpdate, position("3 "), breaks("queue-position-positive"), nil},
	{"queue-position-positive", "a word", outbound, queueUpdate, position("third"), breaks("queue-position-positive"), nil},
	{"queue-position-positive", "an Arabic-Indic digit", outbound, queueUpdate, position("٣"), breaks("queue-position-positive"), nil},

	{"waiting-time-whole", "twelve minutes", outbound, queueUpdate, waiting("12"), nil, nil},
	{"waiting-time-whole", "no time at all", outbound, queueUpdate, waiting("0"), nil, nil},
	{"waiting-time-whole", "left out", outbound, queueUpdate, call(queueUpdate, `"queuePosition":"3"`), nil, nil},
	{"waiting-time-whole", "negative", outbound, queueUpdate, waiting("-5"), breaks("waiting-time-whole"), nil},
	{"waiting-time-whole", "half a minute", outbound, queueUpdate, waiting("12.5"), breaks("waiting-time-whole"), nil},
	{"waiting-time-whole", "two zeros", outbound, queueUpdate, waiting("00"), breaks("waiting-time-whole"), nil},
	{"waiting-time-whole", "with its unit", outbound, queueUpdate, waiting("12 min"), breaks("waiting-time-whole"), nil},
	{"waiting-time-whole", "a range", outbound, queueUpdate, waiting("10-15"), breaks("waiting-time-whole"), nil},
	{"waiting-time-whole", "two rules at once", outbound, queueUpdate, call(queueUpdate, `"queuePosition":"0","waitingTime":"soon"`),
		breaks("queue-position-positive", "waiting-time-whole"), nil},
}

func avatar(url string) input {
	return call(success, `"agent":"John Smith","agentAvatar":"`+url+`"`)
}

func position(text string) input { return call(queueUpdate, `"queuePosition":"`+text+`"`) }

func waiting(text string) input { return call(queueUpdate, `"waitingTime":"`+text+`"`) }
