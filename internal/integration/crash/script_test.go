package crash_test

func (s *subject) script() error { return nil }
