// The load of the bench: listeners and speakers in one thread, and one JSON object about them.
//
// It prints a word as each phase begins (joined, begin, end), so that who started it can look at the server then.
// Latency counts from the time at which a message was to be said, not from when a speaker came to it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	address := flag.String("address", "127.0.0.1:4000", "of the server")
	accept := flag.String("accept", "*/*", "what listeners ask for")
	listeners := flag.Int("listeners", 1, "connections to /listen")
	speakers := flag.Int("speakers", 64, "connections to /say")
	rate := flag.Float64("rate", 0, "messages a second, open loop")
	window := flag.Int("window", 0, "messages under way, closed loop")
	warmUp := flag.Duration("warm-up", 500*time.Millisecond, "before the time that is measured")
	measure := flag.Duration("measure", 2*time.Second, "the time that is measured")
	grace := flag.Duration("grace", 10*time.Second, "for the last message to arrive")
	pause := flag.Duration("pause", 0, "between looks at the connections, where only throughput counts")
	flag.Parse()

	if *rate == 0 && *window == 0 {
		*speakers = 0
	}
	to, err := net.ResolveTCPAddr("tcp4", *address)
	if err != nil {
		log.Fatal(err)
	}
	raiseDescriptorLimit(*listeners + *speakers + 100)
	debug.SetGCPercent(1000) // hardly anything is allocated
	runtime.LockOSThread()
	loop, err := newLoop()
	if err != nil {
		log.Fatal(err)
	}
	r := &run{loop: loop, plan: plan{to, *accept, *listeners, *speakers, *rate, *window, *warmUp, *measure, *grace, *pause}}
	report(r)
}

func report(r *run) {
	took := r.join()
	fmt.Println("joined")
	var deliveries [2]uint64
	var cpu [2]time.Duration
	var at [2]time.Duration
	phase := 0
	if r.joined == r.listeners && r.prepare() == nil {
		r.speak(func(name string) {
			fmt.Println(name)
			deliveries[phase], cpu[phase], at[phase] = r.ledger.deliveries, cpuTime(), r.now()
			phase++
		})
	}
	seconds := (at[1] - at[0]).Seconds()
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"listeners": r.listeners, "joined": r.joined, "join_seconds": took.Seconds(),
		"seconds": seconds, "offered": r.offered(), "said": len(r.ledger.said),
		"acknowledged": r.acknowledged, "refused": r.refused, "answers": r.answers,
		"deliveries": deliveries[1] - deliveries[0], "all_deliveries": r.ledger.deliveries,
		"lost": r.ledger.lost(), "faults": r.ledger.faults, "differ": r.differ, "closed": r.closed,
		"say_p50": r.latency.milliseconds(0.5), "say_p99": r.latency.milliseconds(0.99),
		"hear_p50": r.ledger.latency.milliseconds(0.5), "hear_p99": r.ledger.latency.milliseconds(0.99),
		"load_cpu": (cpu[1] - cpu[0]).Seconds(),
	})
}

func raiseDescriptorLimit(need int) {
	var limit syscall.Rlimit
	syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	limit.Cur = limit.Max
	syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	if int(limit.Max) < need {
		log.Fatalf("%d descriptors are needed, %d allowed: raise ulimit -n", need, limit.Max)
	}
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
