package control

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type question struct {
	Word string `json:"word"`
}

// echo are calls for tests.
var echo = Calls{
	"say":    Handle(func(_ context.Context, q question) (question, error) { return q, nil }),
	"refuse": Handle(func(_ context.Context, q question) (question, error) { return q, &Error{"no " + q.Word, "say less"} }),
}

func serve(t *testing.T, path string) (stop func()) {
	t.Helper()
	s, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := s.Serve(ctx, echo); err != nil {
			t.Error(err)
		}
	})
	return func() { cancel(); serving.Wait() }
}

func TestAskAndAnswer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run", SocketName)
	stop := serve(t, path)
	c := Dial(path)
	got, err := Ask[question](t.Context(), c, "say", question{"hello"})
	if err != nil || got.Word != "hello" {
		t.Fatalf("got %q, %v", got, err)
	}
	var told *Error
	if _, err = Ask[question](t.Context(), c, "refuse", question{"way"}); !errors.As(err, &told) || told.Text != "no way" || told.Hint() != "say less" {
		t.Errorf("got %v", err)
	}
	if _, err = Ask[question](t.Context(), c, "dance", question{}); err == nil || !strings.Contains(err.Error(), "does not know POST /v1/dance") {
		t.Errorf("got %v", err)
	}
	if _, err = Ask[question](t.Context(), c, "say", map[string]int{"words": 3}); err == nil || !strings.Contains(err.Error(), `unknown field "words"`) {
		t.Errorf("got %v", err)
	}
	if _, err = Ask[question](t.Context(), c, "say", question{strings.Repeat("x", largest)}); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("got %v", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket has mode %v, %v", info.Mode(), err)
	}
	if info, err = os.Stat(filepath.Dir(path)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("its folder has mode %v, %v", info.Mode(), err)
	}
	stop()
	if isThere(path) {
		t.Error("the socket is still there")
	}
	if _, err = Ask[question](t.Context(), c, "say", question{}); err == nil || !strings.Contains(err.Error(), "no daemon answers") {
		t.Errorf("got %v", err)
	}
}

func TestListen(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, path string) (want string){
		"nothing there": func(*testing.T, string) string { return "" },
		"of a dead daemon": func(t *testing.T, path string) string {
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
			if err != nil {
				t.Fatal(err)
			}
			l.SetUnlinkOnClose(false)
			if err := l.Close(); err != nil || !isThere(path) {
				t.Fatal("no stale socket was left", err)
			}
			return ""
		},
		"of a live one": func(t *testing.T, path string) string {
			t.Cleanup(serve(t, path))
			return "another daemon listens there"
		},
		"a file": func(t *testing.T, path string) string {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			return "something else than a socket is there"
		},
		"an open folder": func(t *testing.T, path string) string {
			if err := os.Chmod(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			return "others can write in the folder"
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), SocketName)
			want := prepare(t, path)
			s, err := Listen(path)
			if err == nil {
				s.Close()
			}
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
	_, err := Listen(filepath.Join(t.TempDir(), strings.Repeat("x", 100), SocketName))
	if err == nil || !strings.Contains(err.Error(), "no socket's may have more than 107") {
		t.Errorf("got %v", err)
	}
}

func TestOthersAreTurnedAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), SocketName)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if conn, err := (ownersOnly{l, []uint32{uint32(os.Geteuid()) + 1}}).Accept(); err == nil {
			t.Errorf("let in %s", conn.RemoteAddr())
		}
	}()
	_, err = Ask[question](t.Context(), Dial(path), "say", question{})
	if err == nil || !strings.Contains(err.Error(), "turned the question away") {
		t.Errorf("got %v", err)
	}
	l.Close()
	<-done
}
