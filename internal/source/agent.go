package source

import (
	"context"
	"net"
	"os"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// agentVariable stands in the configuration for the socket that it names in the
// environment, as in ssh_config's IdentityAgent.
const agentVariable = "SSH_AUTH_SOCK"

// agentKeys are the keys of an ssh agent, which signs with them itself.
type agentKeys struct {
	net.Conn
	keys agent.ExtendedAgent
}

func openAgent(ctx context.Context, socket string) (*agentKeys, error) {
	if socket == agentVariable {
		if socket = os.Getenv(agentVariable); socket == "" {
			return nil, badAuth("ssh_agent: "+agentVariable+" is not set", "set it in the environment of this process, or give the path of the agent's socket")
		}
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, badAuth("ssh_agent: "+err.Error(), "start the agent, and let this process use its socket")
	}
	deadline, _ := ctx.Deadline() // talk sets one
	if err := conn.SetDeadline(deadline); err != nil {
		conn.Close()
		return nil, err
	}
	a := &agentKeys{conn, agent.NewClient(conn)}
	have, err := a.keys.List()
	if err != nil || len(have) == 0 {
		conn.Close()
		return nil, badAuth("ssh_agent has no key", "add one: ssh-add FILE")
	}
	return a, nil
}

func (a *agentKeys) method() ssh.AuthMethod { return ssh.PublicKeysCallback(a.keys.Signers) }
