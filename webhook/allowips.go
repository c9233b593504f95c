package webhook

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
)

// AllowIPs accepts requests whose RemoteAddr lies in one of the prefixes. A single address is a prefix
// of 32 or 128 bits.
//
// RemoteAddr is the other end of the connection. Behind a proxy or load balancer that is the proxy, so
// the check then says nothing about the sender; headers such as X-Forwarded-For are never looked at,
// because anybody can write them. A proxy that hands on the original address must be known to the host,
// which then sets RemoteAddr itself before this handler. Combine with a secret through [All].
//
// Zones of IPv6 addresses do not matter, and an IPv4 address in IPv6 form counts as IPv4. All problems
// of the arguments are returned together: no prefix, an invalid one, an IPv4 one in IPv6 form.
func AllowIPs(prefixes ...netip.Prefix) (Verifier, error) {
	var problems []error
	if len(prefixes) == 0 {
		problems = append(problems, fmt.Errorf("webhook: %s: no prefix", CheckIP))
	}
	for i, p := range prefixes {
		switch {
		case !p.IsValid():
			problems = append(problems, fmt.Errorf("webhook: %s: prefix %d is invalid", CheckIP, i+1))
		case p.Addr().Is4In6():
			problems = append(problems, fmt.Errorf("webhook: %s: prefix %d must be written as IPv4", CheckIP, i+1))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	prefixes = slices.Clone(prefixes)
	return VerifierFunc(func(r Request) error {
		addr, ok := parseRemote(r.RemoteAddr)
		if !ok {
			return &UnverifiedError{Check: CheckIP, Reason: ReasonMalformed}
		}
		for _, p := range prefixes {
			if p.Contains(addr) {
				return nil
			}
		}
		return &UnverifiedError{Check: CheckIP, Reason: ReasonMismatch}
	}), nil
}

func parseRemote(s string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		withPort, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = withPort.Addr()
	}
	return addr.Unmap().WithZone(""), true
}
