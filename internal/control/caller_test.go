package control

import (
	"context"
	"os/user"
	"path/filepath"
	"sync"
	"testing"
)

// TestCaller tells a call who asks, which nobody who asks can say otherwise.
func TestCaller(t *testing.T) {
	path := filepath.Join(t.TempDir(), SocketName)
	s, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := s.Serve(ctx, Calls{"who": Handle(func(ctx context.Context, _ question) (question, error) { return question{Caller(ctx)}, nil })}); err != nil {
			t.Error(err)
		}
	})
	defer func() { cancel(); serving.Wait() }()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Ask[question](t.Context(), Dial(path), "who", question{"root"}); err != nil || got.Word != me.Username {
		t.Errorf("got %q, %v, want %s", got.Word, err, me.Username)
	}
	if got := Caller(t.Context()); got != "" {
		t.Errorf("outside of a call: %q", got)
	}
}
