package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
)

// goodbye is the longest time for unfinished requests at the end.
const goodbye = 5 * time.Second

// serveLocal serves AWS clients, and runs the function for launches and sweeps. It returns when
// ctx ends, or serving or polling fails.
func serveLocal(
	ctx context.Context, listener net.Listener, i *embedded.Installation, sweeps time.Duration,
) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           loopbackOnly(port, i.Account),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx }, // ends calls that wait for messages
	}
	var served, polled error
	var all sync.WaitGroup
	all.Go(func() {
		defer cancel()
		served = server.Serve(listener)
	})
	all.Go(func() {
		defer cancel()
		polled = i.Serve(ctx)
	})
	all.Go(func() { i.Sweep(ctx, sweeps) })
	<-ctx.Done()
	closed := closeServer(server)
	all.Wait()
	if errors.Is(served, http.ErrServerClosed) {
		served = nil
	}
	return errors.Join(served, polled, closed)
}

func closeServer(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return server.Close()
	}
	return nil
}

// withoutMetrics passes on the function's log without the lines of metrics.
type withoutMetrics struct{ out io.Writer }

// Write implements io.Writer.
func (w withoutMetrics) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(`"CloudWatchMetrics":`)) {
		return len(line), nil
	}
	return w.out.Write(line)
}
