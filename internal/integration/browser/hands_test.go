package browser_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// click waits until an element can be clicked, holds still and is not covered, and clicks on its middle. If something moved it away
// under the mouse, also between the pressing and the letting go, nothing else is clicked in its place, and it is clicked where it is
// then.
func (p *page) click(selector string) {
	p.t.Helper()
	for range 20 {
		at := eval[[]float64](p, "find "+selector, waitFor(`(() => {
			const e = document.querySelector(`+quote(selector)+`)
			if (!e || !e.checkVisibility({visibilityProperty: true})) return
			e.scrollIntoView({block: 'nearest', inline: 'nearest'})
			const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2
			const at = x + ' ' + y, still = kept.at === at, top = document.elementFromPoint(x, y)
			kept.at = at
			if (!still || !(e === top || e.contains(top))) return
			const guard = window.guard = {on: false, clicked: false}
			guard.kinds = ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click']
			guard.hear = event => {
				if (['pointerdown', 'click'].includes(event.type)) guard.on = e.contains(event.target)
				if (event.type === 'click') guard.clicked = guard.on
				if (guard.on) return
				event.preventDefault()
				event.stopImmediatePropagation()
			}
			for (const kind of guard.kinds) addEventListener(kind, guard.hear, true)
			return [x, y]
		})()`))
		p.call("click "+selector, chromedp.MouseClickXY(at[0], at[1]))
		if eval[bool](p, "whether "+selector+" was clicked", `(() => {
			const guard = window.guard
			if (!guard) return true // it led to another page
			for (const kind of guard.kinds) removeEventListener(kind, guard.hear, true)
			return guard.clicked
		})()`) {
			return
		}
	}
	p.t.Fatalf("click %s: it moves away again and again", selector)
}

// fill replaces what stands in a field, as somebody who clicks into it and pastes.
func (p *page) fill(selector, text string) {
	p.t.Helper()
	p.click(selector)
	p.wait("focus in "+selector, `document.activeElement === document.querySelector(`+quote(selector)+`)`)
	p.eval(`document.activeElement.select()`)
	p.call("fill "+selector, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
}

// press types keys, one after the other.
func (p *page) press(keys string, modifiers ...chromedp.Modifier) {
	p.t.Helper()
	p.call("type", chromedp.KeyEvent(keys, chromedp.KeyModifiers(modifiers...)))
}

// see waits until an element is visible and its text holds a text.
func (p *page) see(selector, text string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("%s shows %q", selector, text), `[...document.querySelectorAll(`+quote(selector)+`)].some(e =>
		e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && e.innerText.includes(`+quote(text)+`))`)
}

// texts returns the visible texts of all elements that match, in their order, with runs of white space as one space.
func (p *page) texts(selector string) []string {
	p.t.Helper()
	return eval[[]string](p, "read "+selector, `[...document.querySelectorAll(`+quote(selector)+`)].
		filter(e => e.checkVisibility({visibilityProperty: true})).map(e => e.innerText.trim().replace(/\s+/g, ' '))`)
}

// spoken is what a screen reader is told about an element.
type spoken struct {
	Role, Name, Description string
	Disabled                bool
	Live                    string // polite: what changes in it is read out
}

// spoken asks Chromium's accessibility tree.
func (p *page) spoken(selector string) spoken {
	p.t.Helper()
	var s spoken
	p.call("ask what is said of "+selector, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		object, err := chromedp.Evaluate[*runtime.RemoteObject](`document.querySelector(`+quote(selector)+`)`)(ctx, tab)
		if err != nil {
			return err
		}
		tree, err := cdp.Call(ctx, tab, accessibility.GetPartialAXTree, accessibility.GetPartialAXTreeParams{ObjectID: object.ObjectID})
		if err != nil {
			return err
		}
		n := tree.Nodes[0]
		if n.Ignored {
			return fmt.Errorf("%s is not there for screen readers", selector)
		}
		s = spoken{Role: valueOf(n.Role), Name: valueOf(n.Name), Description: valueOf(n.Description)}
		for _, property := range n.Properties {
			switch property.Name {
			case accessibility.PropertyNameDisabled:
				s.Disabled = string(property.Value.Value) == "true"
			case accessibility.PropertyNameLive:
				s.Live = valueOf(property.Value)
			}
		}
		return nil
	}))
	return s
}

func valueOf(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var s string
	if json.Unmarshal(v.Value, &s) != nil {
		return string(v.Value)
	}
	return s
}
