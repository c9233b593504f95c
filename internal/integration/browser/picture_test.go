package browser_test

import (
	"bytes"
	"cmp"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// TestPicture takes the picture of the README, and writes it to docs/sandbox.png where ESCALATION_UPDATE_SCREENSHOT is 1.
// What differs from run to run is given fixed values: a new picture should show what is new in the page, not the time of day.
func TestPicture(t *testing.T) {
	t.Parallel()
	_, p := visit(t, view{name: "picture", width: 1280, height: 930})
	p.write("Where is my parcel?")
	p.write("I want to talk to a human, please")
	p.stands("pending")
	p.fill("#queue-position", "2")
	p.fill("#waiting-time", "4")
	p.do("escalationQueueUpdate")
	p.stands("queued")
	p.fill("#agent-name", "Ann")
	p.do("escalationSuccess")
	p.stands("connected")
	p.arm("unauthorized") // and the words arrive all the same
	p.say("Hello, I am Ann. Your parcel left us this morning.")
	p.chat("Ann: Hello, I am Ann. Your parcel left us this morning.")
	p.write("Thank you!")
	p.chat("Thank you!")
	p.wait("an answer to everything", `document.querySelectorAll('#exchanges > li[data-status="200"]').length === 5`)
	p.openRow("message")
	p.eval(`(() => {
		document.activeElement.blur()
		scrollTo(0, 0)
		const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
		for (let n; n = texts.nextNode();) {
			n.data = n.data.replace(/127(\.\d+){3}:\d+/g, '127.0.0.1:8137').replace(/chat-[a-z2-7]{8}/g, 'chat-1').
				replace(/\b\d\d:\d\d:\d\d\b/g, '10:24:00').replace(/(<|\b)\d+ ms\b/g, '2 ms')
		}
	})()`)
	bottom := eval[float64](p, "measure", `document.querySelector('#machine').getBoundingClientRect().bottom + 8`)
	var shot []byte
	p.call("take the picture", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		taken, err := cdp.Call(ctx, tab, cdppage.CaptureScreenshot, cdppage.CaptureScreenshotParams{
			Clip: &cdppage.Viewport{Width: 1280, Height: bottom, Scale: 1},
		})
		shot = taken.Data
		return err
	}))
	small := must(shrink(shot))(t)
	check(t, os.WriteFile(filepath.Join(t.ArtifactDir(), "sandbox.png"), small, 0o644))
	if most := 200 << 10; len(small) > most {
		t.Errorf("the picture has %d bytes, more than %d", len(small), most)
	}
	if os.Getenv("ESCALATION_UPDATE_SCREENSHOT") == "1" {
		check(t, os.WriteFile(filepath.Join("..", "..", "..", "docs", "sandbox.png"), small, 0o644))
	}
}

// alike reports whether nobody would tell two colours apart.
func alike(a, b color.RGBA) bool {
	near := func(x, y uint8) bool { return max(x, y)-min(x, y) < 4 }
	return near(a.R, b.R) && near(a.G, b.G) && near(a.B, b.B)
}

// shrink writes a PNG with at most 256 colours, those that most of it has; the others, of the edges of letters, become the nearest.
func shrink(file []byte) ([]byte, error) {
	full, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	area := full.Bounds()
	count := map[color.RGBA]int{}
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			count[color.RGBAModel.Convert(full.At(x, y)).(color.RGBA)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(count[b]-count[a], int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B))
	})
	palette := color.Palette{}
	for _, c := range colours {
		if len(palette) < 256 && !slices.ContainsFunc(palette, func(p color.Color) bool { return alike(c, p.(color.RGBA)) }) {
			palette = append(palette, c)
		}
	}
	small := image.NewPaletted(area, palette)
	draw.Draw(small, area, full, area.Min, draw.Src)
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small)
	return out.Bytes(), err
}
