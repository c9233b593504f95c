package main

import "strings"

// The texts of the messages.
const shortText = "Hello, I'm John, your agent, let me help you with your issue"

// longText is a good 2 KB as an agent writes them: mostly ASCII, with quotes, line breaks and other letters.
var longText = strings.Repeat("Thanks for waiting, Zoë! Please open \"Settings → Billing\" and tell me what you see.\n", 24)
