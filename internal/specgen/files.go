package specgen

import "fmt"

// Command is what regenerates every file, as the files themselves name it.
const Command = "go generate ./spec"

// File is one generated file.
type File struct {
	Path    string // below the root of the module, with slashes
	Content []byte
}

// Files returns every generated file, in the order of their paths.
func Files() ([]File, error) {
	builders := []struct {
		path  string
		build func() ([]byte, error)
	}{
		{"docs/rules.md", rulesPage},
		{"docs/state-machine.md", machinePage},
		{"spec/escalation.json", ruleTable},
		{"spec/openapi.yaml", openAPI},
		{"spec/vectors.json", vectors},
	}
	var files []File
	for _, b := range builders {
		content, err := b.build()
		if err != nil {
			return nil, fmt.Errorf("specgen: %s: %w", b.path, err)
		}
		files = append(files, File{b.path, content})
	}
	return files, nil
}
