// Package browser holds no code, only tests: the page of `escalation sandbox` in a real Chromium, served by the built
// program, with its demo CRM.
//
//   - whole_test.go: an escalation from the visitor's first words to the agent's good-bye, by clicking; keyboard_test.go:
//     the same without a mouse; other_test.go: with a CRM whose agents work elsewhere, and what is read out;
//   - refused_test.go: what is not allowed now is greyed, and says why to those who see it and to those who do not;
//     differs_test.go: nor is a desk silent that was passed by; parked_test.go: or one that has stopped delivering;
//   - loading_test.go: nothing can be pressed before the page knows what it is about, and nothing that is seen moves when the rest
//     comes; reading_test.go: messages run in the direction of their words, and say where they were cut; script_test.go: what
//     came of a script;
//   - reconnect_test.go, hold_test.go: connections that break, stall and come back, answers that come late, and a sandbox that
//     is started again cost nothing and repeat nothing; long_test.go, slow_test.go: neither do messages by the hundred, or a
//     desk that takes its time; tabs_test.go: nor do tabs that nobody sees; earlier_test.go: what was before a
//     restart is there to be looked at;
//   - several_test.go, faults_test.go: several conversations, the fault switches, the wire log;
//   - axe_test.go, phone_test.go: axe has no complaint, light or dark, wide or narrow; nothing scrolls sideways;
//   - picture_test.go: the picture in the README;
//   - harness_test.go: the tools of these tests notice what they should.
//
// Every page is watched while it is open: an error on the console, a breach of its Content-Security-Policy, an exception, or a
// request that leaves the sandbox fails the test (watch_test.go). Chromium gets to the sandbox through a proxy of the test
// that knows no other destination (line_test.go), so it cannot reach a network.
//
// The tests need Chromium (ESCALATION_CHROMIUM names one that is not on the path) and, some of them, axe-core (.ci/axe fetches
// it; ESCALATION_AXE names a file). What is missing is a skip, or a failure where ESCALATION_REQUIRE lists it.
//
//	go test -count=1 -artifacts -outputdir /tmp ./internal/integration/browser   # keeps the screenshots
//	ESCALATION_UPDATE_SCREENSHOT=1 go test -count=1 -run TestPicture ./internal/integration/browser
//
// As the program is built, not imported, a cached result may be that of an older page: -count=1 after a change to it.
package browser
