package main

import (
	"net"
	"strings"
	"sync/atomic"
)

// herald is a service manager as far as that is told how the daemon is.
type herald struct {
	conn *net.UnixConn
	path string
	last atomic.Pointer[string] // status line
}

// newHerald listens on a socket at path until close.
func newHerald(path string) (*herald, error) {
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	h := &herald{conn: conn, path: path}
	go h.listen()
	return h, nil
}

func (h *herald) listen() {
	buf := make([]byte, 4096)
	for {
		n, err := h.conn.Read(buf)
		if err != nil {
			return
		}
		for line := range strings.Lines(string(buf[:n])) {
			if status, is := strings.CutPrefix(strings.TrimSpace(line), "STATUS="); is {
				h.last.Store(&status)
			}
		}
	}
}

// status is what was told last; "" when nothing was.
func (h *herald) status() string {
	if s := h.last.Load(); s != nil {
		return *s
	}
	return ""
}

func (h *herald) close() error { return h.conn.Close() }
