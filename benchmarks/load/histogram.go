package main

import (
	"math/bits"
	"time"
)

// A histogram of durations: 64 buckets for each power of two, so a quantile is at most 1.6 % off.
type histogram struct {
	buckets [60 * 64]uint64
	count   uint64
}

func (h *histogram) add(d time.Duration) {
	v := uint64(d)
	if d < 0 {
		v = 0
	}
	shift := bits.Len64(v >> 6)
	h.buckets[shift<<6+int(v>>shift)]++
	h.count++
}

// milliseconds of the quantile q: the upper edge of its bucket.
func (h *histogram) milliseconds(q float64) float64 {
	rank := uint64(q * float64(h.count))
	var seen uint64
	for index, count := range h.buckets {
		if seen += count; seen > rank {
			shift := index >> 6
			return float64(uint64(index&63+1)<<shift) / 1e6
		}
	}
	return 0
}
