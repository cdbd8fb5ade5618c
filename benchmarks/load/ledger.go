package main

import (
	"bytes"
	"strconv"
	"time"
)

const (
	mark   = '~' // stands before the number of a message; in nothing else that a server sends
	digits = 8
)

// What was said, and how many have yet to hear it.
type message struct {
	intended     time.Duration // when it was to be said, which counts for latency
	speaker      int32
	waiting      int32
	measured     bool
	heard        bool
	acknowledged bool
}

// The ledger holds each listener to the same stream: what the first of them hears is written down and checked, and
// the others must hear these very bytes. So loss, repeats and disorder cost one comparison of memory to find, and
// a message may be split anywhere.
type ledger struct {
	said        []message
	undelivered int // messages that somebody has yet to hear
	listeners   int32

	stream  []byte
	checked int
	ends    []int // where in the stream each message ends
	numbers []int // and which one it is
	latest  []int // of each speaker, the last that was heard

	faults     int // what was repeated, out of its speaker's order, or never said
	deliveries uint64
	latency    histogram
}

func (l *ledger) say(speaker int32, intended time.Duration, measured bool) int {
	l.said = append(l.said, message{intended: intended, speaker: speaker, waiting: l.listeners, measured: measured})
	l.undelivered++
	return len(l.said) - 1
}

// agrees is whether the data goes on the common stream at this position, or is its continuation.
func (l *ledger) agrees(position int, data []byte) bool {
	known := len(l.stream) - position
	if known > len(data) {
		known = len(data)
	}
	if !bytes.Equal(l.stream[position:position+known], data[:known]) {
		return false
	}
	if known < len(data) {
		l.stream = append(l.stream, data[known:]...)
		l.check()
	}
	return true
}

// check finds the messages in what is new of the stream.
func (l *ledger) check() {
	for {
		found := bytes.IndexByte(l.stream[l.checked:], mark)
		if found < 0 {
			l.checked = len(l.stream)
			return
		}
		begin := l.checked + found + 1
		if begin+digits > len(l.stream) {
			l.checked = begin - 1
			return
		}
		l.checked = begin + digits
		number, err := strconv.Atoi(string(l.stream[begin:l.checked]))
		if err != nil || number >= len(l.said) || l.said[number].heard || number < l.latest[l.said[number].speaker] {
			l.faults++
			continue
		}
		l.said[number].heard = true
		l.latest[l.said[number].speaker] = number
		l.ends = append(l.ends, l.checked)
		l.numbers = append(l.numbers, number)
	}
}

// deliver counts what ends before this position, from the message that is next for the listener.
func (l *ledger) deliver(next, position int, now time.Duration) int {
	for next < len(l.ends) && l.ends[next] <= position {
		m := &l.said[l.numbers[next]]
		if m.waiting--; m.waiting == 0 {
			l.undelivered--
		}
		if m.measured {
			l.latency.add(now - m.intended)
		}
		l.deliveries++
		next++
	}
	return next
}

// lost is how many deliveries of acknowledged messages are missing.
func (l *ledger) lost() (lost int) {
	for _, m := range l.said {
		if m.acknowledged {
			lost += int(m.waiting)
		}
	}
	return lost
}
