package sandbox

import (
	"net/http"
	"slices"
)

// A faultOrder is what POST /api/faults takes: one of these.
type faultOrder struct {
	Preset string
	Off    bool
	Clear  bool
}

func (s *Sandbox) postFaults(w http.ResponseWriter, r *http.Request) {
	var order faultOrder
	if !decode(w, r, &order) {
		return
	}
	if err := s.orderFaults(order); err != "" {
		fail(w, http.StatusBadRequest, err)
		return
	}
	_, _, view := s.book.overview()
	reply(w, http.StatusOK, view)
}

func (s *Sandbox) orderFaults(order faultOrder) (problem string) {
	switch {
	case order.Clear:
		s.faults.clear()
	case order.Preset != "":
		i := slices.IndexFunc(presets, func(p preset) bool { return p.Name == order.Preset })
		if i < 0 {
			return "there is no such preset"
		}
		if err := s.faults.arm(presets[i]); err != nil {
			return err.Error()
		}
	default:
		return "preset, next, webhook, chaos or clear is missing"
	}
	return ""
}

// faultsTaken is called when the visitor did something that may have taken a fault of a webhook.
func (s *Sandbox) faultsTaken() { s.faults.taken(false) }
