// Package guides runs what the guides show in other languages: the session with curl, the CRM in Node, the loop in Python.
package guides
