package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// Socket is where a daemon listens. One process has it at a time.
type Socket struct {
	listener *net.UnixListener
	lock     *os.File
	path     string
}

// TakenError says that another daemon listens.
type TakenError struct{ Path string }

func (e *TakenError) Error() string { return "listen at " + e.Path + ": another daemon listens there" }

// Hint is the way out.
func (e *TakenError) Hint() string {
	return "stop that one, or give this one a RUNTIME_DIRECTORY or state_dir of its own"
}

// Listen takes a socket's place. What a dead daemon left there is replaced; who
// lives holds a lock beside the socket, which ends with the process.
func Listen(path string) (*Socket, error) {
	if err := checkPath(path); err != nil {
		return nil, err
	}
	if err := privateFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("listen at %s: %w", path, err)
	}
	listener, err := listen(path, lock)
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	return &Socket{listener, lock, path}, nil
}

func listen(path string, lock *os.File) (*net.UnixListener, error) {
	err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, &TakenError{path}
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() != fs.ModeSocket {
		return nil, fmt.Errorf("listen at %s: something else than a socket is there", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("listen at %s: %w", path, err)
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen at %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("listen at %s: %w", path, err)
	}
	listener.SetUnlinkOnClose(false) // Close does that
	return listener, nil
}

// privateFolder makes the folder of the socket, and makes sure that nobody else
// can put another one in its place.
func privateFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the socket: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("look at the folder of the socket: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return &Error{
			fmt.Sprintf("others can write in the folder of the socket, %s (mode %#o)", dir, mode),
			"chmod 700 " + dir + "; with systemd, RuntimeDirectoryMode=0700",
		}
	}
	return nil
}

// Path is where the socket is.
func (s *Socket) Path() string { return s.path }

// Serve answers calls until ctx ends, and takes the socket away then.
func (s *Socket) Serve(ctx context.Context, calls Calls) error {
	server := &http.Server{
		Handler: calls, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: answerWithin + 10*time.Second, IdleTimeout: 10 * time.Second, MaxHeaderBytes: 8 << 10,
		ConnContext: withCaller,
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		_ = server.Close()
	})
	err := server.Serve(ownersOnly{s.listener, []uint32{0, uint32(os.Geteuid())}})
	if !stop() {
		<-ended
	}
	s.Close()
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("serve %s: %w", s.path, err)
}

// Close gives the place up, where Serve was not called. The socket is taken away
// only while the lock beside it is ours: where the folder was replaced, another
// daemon's socket may be at the path.
func (s *Socket) Close() {
	_ = s.listener.Close()
	ours, err := s.lock.Stat()
	there, missing := os.Stat(s.lock.Name())
	if err == nil && missing == nil && os.SameFile(ours, there) {
		_ = os.Remove(s.path)
	}
	_ = s.lock.Close()
}

// ownersOnly lets in who runs as one of these users. The file's mode says the
// same; a file's mode is easily changed.
type ownersOnly struct {
	*net.UnixListener
	uids []uint32
}

// Accept turns everybody else away without a word.
func (l ownersOnly) Accept() (net.Conn, error) {
	for {
		conn, err := l.AcceptUnix()
		if err != nil {
			return nil, err
		}
		if uid, err := peer(conn); err == nil && slices.Contains(l.uids, uid) {
			return conn, nil
		}
		_ = conn.Close()
	}
}

// peer is the user at the other end.
func peer(conn *net.UnixConn) (uid uint32, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var failed error
	if err := raw.Control(func(fd uintptr) { cred, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); err != nil {
		return 0, err
	}
	if failed != nil {
		return 0, failed
	}
	return cred.Uid, nil
}
