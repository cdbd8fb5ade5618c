// A chat as a tutorial would write it. The map is shared by all requests without a lock: that is the point.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
)

var listeners = make(map[chan string]bool)

func say(w http.ResponseWriter, r *http.Request) {
	line := r.FormValue("name") + " " + r.FormValue("message") + "\r\n"
	for listener := range listeners {
		listener <- line
	}
	fmt.Fprint(w, "ok.")
}

func listen(w http.ResponseWriter, r *http.Request) {
	lines := make(chan string)
	listeners[lines] = true
	defer delete(listeners, lines)
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
