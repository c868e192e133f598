package spec

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkLoad reads 10,000 files of one compute each, of every kind.
func BenchmarkLoad(b *testing.B) {
	files := map[string]string{WorkspaceFile: workspaceYAML + "defaults: {amlcompute: {tags: {team: ml}}}\n"}
	for i := range 10_000 {
		name := fmt.Sprintf("d%d/c%d.yaml", i%100, i)
		switch i % 4 {
		case 0, 1:
			files[name] = fmt.Sprintf("name: cpu%d\ntype: amlcompute\nsize: STANDARD_DS3_V2\nmin_instances: 0\nmax_instances: 4\nidle_time_before_scale_down: 300\ntags: {cost: x}\n", i)
		case 2:
			files[name] = fmt.Sprintf("name: dev%d\ntype: computeinstance\nsize: STANDARD_DS3_V2\nidle_time_before_shutdown_minutes: 30\ncomputesync: {state: stopped}\n", i)
		default:
			files[name] = fmt.Sprintf("name: vm%d\ntype: virtualmachine\nresource_group: rg\nvm_name: vm%d\nssh_settings: {admin_username: ml, admin_password: secret://env/P}\n", i, i)
		}
	}
	dir := b.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o755), os.WriteFile(p, []byte(text), 0o644)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if set := Load(os.DirFS(dir), Options{}); !set.Valid() || len(set.Workspaces[0].Computes) != 10_000 {
			b.Fatal(printed(set))
		}
	}
}
