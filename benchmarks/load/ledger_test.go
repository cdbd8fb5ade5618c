package main

import (
	"fmt"
	"testing"
)

// What two listeners hear of three messages by two speakers, and what the ledger is to make of it.
func TestLedger(t *testing.T) {
	all := line(0) + line(2) + line(1) // any order of different speakers, if it is the same for both
	for _, c := range []struct {
		name          string
		first, second string
		agree         bool
		lost, faults  int
	}{
		{"the same", all, all, true, 0, 0},
		{"one is missing at the end", all, line(0) + line(2), true, 1, 0},
		{"one is missing in between", all, line(0) + line(1), false, 3, 0},
		{"another order", all, line(2) + line(0) + line(1), false, 3, 0},
		{"a repeat", line(0) + line(0) + line(2) + line(1), line(0) + line(0) + line(2) + line(1), true, 0, 1},
		{"one speaker's order", line(1) + line(0) + line(2), line(1) + line(0) + line(2), true, 2, 1},
		{"never said", all + line(7), all + line(7), true, 0, 1},
	} {
		for _, size := range []int{1, 7, 1000} { // a message may be split anywhere
			l := ledger{listeners: 2, latest: make([]int, 2)}
			for number, speaker := range []int32{0, 0, 1} {
				l.say(speaker, 0, true)
				l.said[number].acknowledged = true
			}
			hear(&l, c.first, size)
			agree := hear(&l, c.second, size)
			lost := l.lost()
			if size < len(c.second) && !c.agree {
				lost = c.lost // some of it was counted before it differed
			}
			if agree != c.agree || lost != c.lost || l.faults != c.faults {
				t.Errorf("%s, by %d: agree %v, lost %d, faults %d", c.name, size, agree, lost, l.faults)
			}
		}
	}
}

func line(number int) string { return fmt.Sprintf("bench %c%0*d\r\n", mark, digits, number) }

func hear(l *ledger, text string, size int) bool {
	position, next := 0, 0
	for len(text) > 0 {
		if size > len(text) {
			size = len(text)
		}
		if !l.agrees(position, []byte(text[:size])) {
			return false
		}
		position += size
		next = l.deliver(next, position, 0)
		text = text[size:]
	}
	return true
}
