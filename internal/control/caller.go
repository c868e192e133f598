package control

import (
	"context"
	"net"
	"os/user"
	"strconv"
)

type callerKey struct{}

// Caller is the user who asks, as the system tells: by name, or by number
// where there is no name; "" outside of a call.
func Caller(ctx context.Context) string {
	name, _ := ctx.Value(callerKey{}).(string)
	return name
}

// withCaller notes who is at the other end of a connection.
func withCaller(ctx context.Context, conn net.Conn) context.Context {
	unixConn, ok := conn.(*net.UnixConn)
	if !ok {
		return ctx
	}
	uid, err := peer(unixConn)
	if err != nil {
		return ctx
	}
	name := "uid " + strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10)); err == nil {
		name = u.Username
	}
	return context.WithValue(ctx, callerKey{}, name)
}
