package main

import (
	"bytes"
	"fmt"
	"strconv"
)

// A speaker says one message at a time on its connection.
type speaker struct {
	run     *run
	index   int32
	fd      int
	request []byte
	answer  []byte
	number  int // of the message that is not yet answered
	closed  bool
}

func newSpeaker(r *run, index int) *speaker {
	body := fmt.Sprintf("name=bench&message=%c%0*d", mark, digits, 0)
	request := fmt.Sprintf("POST /say HTTP/1.1\r\nHost: localhost\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	return &speaker{run: r, index: int32(index), request: []byte(request)}
}

func (s *speaker) say(number int) {
	s.number = number
	place := s.request[len(s.request)-digits:]
	for i := digits - 1; i >= 0; i-- {
		place[i] = byte('0' + number%10)
		number /= 10
	}
	if !write(s.fd, s.request) {
		s.end()
	}
}

func (s *speaker) readable() {
	n := read(s.fd, s.run.buffer)
	if n == again {
		return
	}
	if n <= 0 {
		s.end()
		return
	}
	data := s.run.buffer[:n]
	if len(s.answer) > 0 {
		s.answer = append(s.answer, data...)
		data = s.answer
	}
	status, whole := parse(data)
	if !whole {
		if len(s.answer) == 0 {
			s.answer = append(s.answer, data...)
		}
		return
	}
	s.answer = s.answer[:0]
	s.run.answered(s, status)
}

func (s *speaker) end() {
	if !s.closed {
		s.closed = true
		s.run.drop(s.fd)
		s.run.speaking--
	}
}

// parse returns the status of an answer once it is whole.
func parse(data []byte) (status int, whole bool) {
	end := bytes.Index(data, []byte("\r\n\r\n"))
	if end < 0 || len(data) < 12 {
		return 0, false
	}
	status, _ = strconv.Atoi(string(data[9:12]))
	head := bytes.ToLower(data[:end+2])
	name := []byte("\r\ncontent-length:")
	at := bytes.Index(head, name)
	if at < 0 { // no body, or one in chunks, which ends with an empty one
		return status, !bytes.Contains(head, []byte("chunked")) || bytes.HasSuffix(data, []byte("\r\n0\r\n\r\n"))
	}
	value := head[at+len(name):]
	length, _ := strconv.Atoi(string(bytes.TrimSpace(value[:bytes.IndexByte(value, '\r')])))
	return status, len(data) >= end+4+length
}
