package main

import (
	"math"
	"net"
	"syscall"
	"time"
)

const (
	together     = 128 // connections that may be joining at once
	joinDeadline = 60 * time.Second
	lateness     = 100 * time.Millisecond // after the end, what was due before it may still be said
)

// What one run is to do. With a rate it is an open loop; with a window a closed one, which says the next message
// as soon as all listeners have heard all but so many; with neither it only holds the listeners.
type plan struct {
	address   *net.TCPAddr
	accept    string
	listeners int
	speakers  int
	rate      float64
	window    int
	warmUp    time.Duration
	measure   time.Duration
	grace     time.Duration // for the last message to arrive
	pause     time.Duration // after each look at the connections, so that more is read at once, at less cost
}

type run struct {
	*loop
	plan
	ledger ledger

	pending  int // listeners that have connected and not yet joined
	joined   int
	closed   int // listeners that the server closed
	differ   int // listeners that heard something else than the others
	lastJoin time.Duration

	free         []*speaker
	speaking     int // speakers whose connection is open
	begin, stop  time.Duration
	answers      int // in the time that is measured
	acknowledged int // of the messages that are measured
	refused      int
	latency      histogram
}

// join brings all listeners in, and returns how long it took.
func (r *run) join() time.Duration {
	began := r.now()
	request := []byte("GET /listen HTTP/1.1\r\nHost: localhost\r\nAccept: " + r.accept + "\r\n\r\n")
	r.lastJoin = began
	for begun := 0; r.joined+r.closed < r.listeners && r.now() < began+joinDeadline; {
		for ; begun < r.listeners && r.pending < together; begun++ {
			l := &listener{run: r}
			var err error
			if l.fd, err = r.connect(r.address, request); err == nil {
				err = r.watch(l.fd, l)
			}
			if err != nil {
				return r.lastJoin - began
			}
			r.pending++
		}
		r.turn(began + joinDeadline)
	}
	return r.lastJoin - began
}

// prepare opens the speakers' connections.
func (r *run) prepare() error {
	r.ledger.listeners = int32(r.joined)
	r.ledger.latest = make([]int, r.speakers)
	for index := 0; index < r.speakers; index++ {
		s := newSpeaker(r, index)
		var err error
		if s.fd, err = r.connect(r.address, nil); err == nil {
			err = r.watch(s.fd, s)
		}
		if err != nil {
			return err
		}
		r.speaking++
		r.free = append(r.free, s)
	}
	return nil
}

// speak does what is planned; `phase` is called as the time that is measured begins and ends.
func (r *run) speak(phase func(string)) {
	start := r.now()
	r.begin, r.stop = start+r.warmUp, start+r.warmUp+r.measure
	r.until(r.begin, start)
	phase("begin")
	r.until(r.stop, start)
	phase("end")
	for end := r.stop + r.grace; r.speaking > 0 && r.now() < end; {
		due := r.pump(start)
		if r.ledger.undelivered == 0 && len(r.free) == r.speaking && due == never {
			return
		}
		if due > end {
			due = end
		}
		if more := r.turn(due); !more && r.pause > 0 {
			pause := syscall.NsecToTimespec(int64(r.pause))
			syscall.Nanosleep(&pause, nil)
		}
	}
}

func (r *run) until(end, start time.Duration) {
	for r.now() < end && (r.speaking > 0 || r.speakers == 0) {
		due := r.pump(start)
		if due > end {
			due = end
		}
		if more := r.turn(due); !more && r.pause > 0 {
			pause := syscall.NsecToTimespec(int64(r.pause))
			syscall.Nanosleep(&pause, nil)
		}
	}
}

// pump says what is due, as far as speakers are free, and returns when the next is.
func (r *run) pump(start time.Duration) time.Duration {
	for {
		now := r.now()
		intended := now
		switch {
		case r.rate > 0:
			intended = start + time.Duration(float64(len(r.ledger.said))*1e9/r.rate)
			if intended >= r.stop || now >= r.stop+lateness {
				return never
			}
			if intended > now {
				return intended
			}
		case now >= r.stop || r.ledger.undelivered >= r.window:
			return never
		}
		if len(r.free) == 0 {
			return never
		}
		s := r.free[len(r.free)-1]
		r.free = r.free[:len(r.free)-1]
		s.say(r.ledger.say(s.index, intended, intended >= r.begin))
	}
}

func (r *run) answered(s *speaker, status int) {
	now := r.now()
	if now >= r.begin && now < r.stop {
		r.answers++
	}
	m := &r.ledger.said[s.number]
	if status/100 == 2 {
		m.acknowledged = true
		if m.measured {
			r.acknowledged++
			r.latency.add(now - m.intended)
		}
	} else {
		r.refused++
	}
	r.free = append(r.free, s)
}

// offered is how many messages the measured time should have seen.
func (r *run) offered() (offered int) {
	if r.rate > 0 {
		first := math.Ceil(r.warmUp.Seconds() * r.rate)
		return int(math.Ceil((r.warmUp+r.measure).Seconds()*r.rate) - first)
	}
	for _, m := range r.ledger.said {
		if m.measured {
			offered++
		}
	}
	return offered
}
