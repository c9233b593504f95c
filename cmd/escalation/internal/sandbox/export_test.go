package sandbox

// AwaitHolds waits until no fault waits any more for something to hold.
func (s *Sandbox) AwaitHolds() { s.faults.running.Wait() }
