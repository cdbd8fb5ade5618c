package main

import (
	"bytes"
	"math"
)

// A listener reads its stream, takes the chunks apart, and holds it against the ledger.
type listener struct {
	run      *run
	fd       int
	head     []byte // until the stream begins
	joined   bool
	left     int // of the chunk
	size     int // of the next chunk, as far as it is read
	digits   int
	position int // in the common stream
	next     int // message
}

func (l *listener) readable() {
	n := read(l.fd, l.run.buffer)
	if n == again {
		return
	}
	if n <= 0 {
		l.end(&l.run.closed)
		return
	}
	data := l.run.buffer[:n]
	if !l.joined {
		if data = l.join(data); data == nil {
			return
		}
	}
	if !l.feed(data) {
		l.end(&l.run.differ)
		return
	}
	l.next = l.run.ledger.deliver(l.next, l.position, l.run.now())
}

// join reads the head; what follows it is returned.
func (l *listener) join(data []byte) []byte {
	l.head = append(l.head, data...)
	end := bytes.Index(l.head, []byte("\r\n\r\n"))
	if end < 0 {
		return nil
	}
	if !bytes.HasPrefix(l.head, []byte("HTTP/1.1 200 ")) {
		l.end(&l.run.closed)
		return nil
	}
	if !bytes.Contains(l.head[:end], []byte(": chunked")) {
		l.left = math.MaxInt // all that comes
	}
	rest := append([]byte{}, l.head[end+4:]...)
	l.head = nil
	l.joined = true
	l.run.pending--
	l.run.joined++
	l.run.lastJoin = l.run.now()
	return rest
}

// feed is false where the stream differs from what others hear.
func (l *listener) feed(data []byte) bool {
	for len(data) > 0 {
		if l.left > 0 {
			n := l.left
			if n > len(data) {
				n = len(data)
			}
			if !l.run.ledger.agrees(l.position, data[:n]) {
				return false
			}
			l.position += n
			l.left -= n
			data = data[n:]
			continue
		}
		c := data[0]
		data = data[1:]
		switch {
		case c >= '0' && c <= '9':
			l.size, l.digits = l.size<<4|int(c-'0'), l.digits+1
		case c|32 >= 'a' && c|32 <= 'f':
			l.size, l.digits = l.size<<4|int(c|32-'a'+10), l.digits+1
		case c == '\n' && l.digits > 0: // without digits it ends the chunk before
			l.left, l.size, l.digits = l.size, 0, 0
		}
	}
	return true
}

func (l *listener) end(counter *int) {
	l.run.drop(l.fd)
	if !l.joined {
		l.run.pending--
	}
	*counter++
}
