// The same chat with its race fixed: a mutex around the map, buffers, and no waiting for a listener that has gone.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"sync"
)

const buffer = 64 // lines; more would be memory for each listener

var (
	mutex     sync.Mutex
	listeners = make(map[chan string]<-chan struct{}) // and what tells that it has gone
)

func say(w http.ResponseWriter, r *http.Request) {
	line := r.FormValue("name") + " " + r.FormValue("message") + "\r\n"
	mutex.Lock()
	for listener, gone := range listeners {
		select {
		case listener <- line:
		case <-gone: // a send that waited for it would hold the mutex for ever
		}
	}
	mutex.Unlock()
	fmt.Fprint(w, "ok.")
}

func listen(w http.ResponseWriter, r *http.Request) {
	lines := make(chan string, buffer)
	mutex.Lock()
	listeners[lines] = r.Context().Done()
	mutex.Unlock()
	defer func() {
		mutex.Lock()
		delete(listeners, lines)
		mutex.Unlock()
	}()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.(http.Flusher).Flush() // so that a client knows that it has joined
	for {
		select {
		case line := <-lines:
			fmt.Fprint(w, line)
			w.(http.Flusher).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

func main() {
	http.HandleFunc("/say", say)
	http.HandleFunc("/listen", listen)
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
