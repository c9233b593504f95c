package browser_test

import (
	"os"
	"path/filepath"
	"testing"
)

// TestScript: what comes of a script is told on the page, to eyes and ears, with the reasons. axe has no complaint.
func TestScript(t *testing.T) {
	t.Parallel()
	source := axe(t)
	play := filepath.Join(t.TempDir(), "play.json")
	check(t, os.WriteFile(play, []byte(`{"name":"my-play","about":"Bob is waited for, and Ann comes.","steps":[
		{"visitor":"escalate"},{"wait":{"state":"queued","within":"1m"}},{"agent":{"eventType":"escalationSuccess","agent":"Ann"}},{"wait":{"text":"Ann joined"}}
	],"widget":["You are number 2 in the queue","Bob joined"]}`), 0o600))
	s := startSandbox(t, "127.0.0.1:0", "--script", play)
	p := open(t, s.URL, desktop)
	p.connected()
	p.see("#facts", "my-play: playing")
	if got := p.texts("#script-failed"); len(got) > 0 {
		t.Errorf("told before its end: %q", got)
	}
	p.click(`#tabs [role=tab][data-state=pending]`) // the script's
	p.do("escalationQueueUpdate")
	p.see("#facts", "my-play: failed")
	p.see("#script-failed", "The script “my-play” failed.")
	p.see("#script-failed li", "You are number 3 in the queue")
	p.see("#announcer", "Script my-play: failed.")
	p.fits(source, "")
}
