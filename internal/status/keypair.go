package status

import (
	"crypto/tls"
	"os"
	"sync"
	"time"
)

// keyPair is a certificate with its key, read again when the files change. A
// pair that cannot be read leaves the former in use: one file may be replaced
// before the other.
type keyPair struct {
	certificate, key string

	mu    sync.Mutex
	last  *tls.Certificate
	times [2]time.Time // of the files that last was read from
}

func newKeyPair(certificate, key string) (*keyPair, error) {
	p := &keyPair{certificate: certificate, key: key}
	p.times = p.modified()
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, &Error{"read http.certificate and http.key: " + err.Error(), "both are files in PEM, and belong together"}
	}
	p.last = &pair
	return p, nil
}

func (p *keyPair) modified() (times [2]time.Time) {
	for i, name := range []string{p.certificate, p.key} {
		if info, err := os.Stat(name); err == nil {
			times[i] = info.ModTime()
		}
	}
	return times
}

// get is for tls.Config.
func (p *keyPair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.modified(); now != p.times {
		if pair, err := tls.LoadX509KeyPair(p.certificate, p.key); err == nil {
			p.last, p.times = &pair, now
		}
	}
	return p.last, nil
}
