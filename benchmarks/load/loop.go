package main

import (
	"errors"
	"net"
	"syscall"
	"time"
	"unsafe"
)

const (
	again    = -2
	never    = time.Duration(1<<63 - 1)
	receive  = 256 << 10
	perTurn  = 512
	edge     = 1 << 31 // EPOLLET
	timerfds = 0x80000 // TFD_CLOEXEC
	absolute = 1       // TFD_TIMER_ABSTIME
	monotone = 1       // CLOCK_MONOTONIC
)

// What has a descriptor, and reads when there is something.
type reader interface{ readable() }

// The loop waits on one epoll for all connections, in one thread: at a million deliveries a second a goroutine for each
// connection would cost more than many a server.
type loop struct {
	epoll   int
	timer   int
	armed   time.Duration
	readers []reader // by descriptor
	buffer  []byte
	events  [perTurn]syscall.EpollEvent
	began   time.Time
	origin  time.Duration // of the kernel's clock when it began
}

func newLoop() (*loop, error) {
	l := &loop{buffer: make([]byte, receive), armed: never}
	var err error
	if l.epoll, err = syscall.EpollCreate1(0); err != nil {
		return nil, err
	}
	timer, _, errno := syscall.Syscall(syscall.SYS_TIMERFD_CREATE, monotone, timerfds, 0)
	if errno != 0 {
		return nil, errno
	}
	l.timer = int(timer)
	var now syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, monotone, uintptr(unsafe.Pointer(&now)), 0)
	l.began, l.origin = time.Now(), time.Duration(now.Nano())
	return l, l.watchFor(l.timer, l, syscall.EPOLLIN|edge)
}

func (l *loop) now() time.Duration { return time.Since(l.began) }

// connect sends the request at once. On the loopback that does not block while the server's backlog has room.
func (l *loop) connect(address *net.TCPAddr, request []byte) (int, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	to := &syscall.SockaddrInet4{Port: address.Port}
	copy(to.Addr[:], address.IP.To4())
	if err = syscall.Connect(fd, to); err == nil {
		if err = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err == nil {
			err = syscall.SetNonblock(fd, true)
		}
	}
	if err == nil && !write(fd, request) {
		err = errors.New("closed at once")
	}
	if err != nil {
		syscall.Close(fd)
	}
	return fd, err
}

func (l *loop) watch(fd int, r reader) error { return l.watchFor(fd, r, syscall.EPOLLIN) }

func (l *loop) watchFor(fd int, r reader, what uint32) error {
	for len(l.readers) <= fd {
		l.readers = append(l.readers, nil)
	}
	l.readers[fd] = r
	event := syscall.EpollEvent{Events: what, Fd: int32(fd)}
	return syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, fd, &event)
}

func (l *loop) drop(fd int) {
	l.readers[fd] = nil
	syscall.Close(fd)
}

// turn handles what is there, or waits for it until then, and returns whether there may be more. The timer is exact;
// epoll's own timeout is not.
func (l *loop) turn(until time.Duration) (more bool) {
	if until != l.armed {
		l.armed = until
		var spec [4]int64
		at := int64(l.origin + until)
		spec[2], spec[3] = at/1e9, at%1e9
		syscall.Syscall6(syscall.SYS_TIMERFD_SETTIME, uintptr(l.timer), absolute, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
	}
	n, _ := syscall.EpollWait(l.epoll, l.events[:], -1)
	for i := 0; i < n; i++ {
		if r := l.readers[l.events[i].Fd]; r != nil {
			r.readable()
		}
	}
	return n == perTurn
}

// readable is for the timer. It is watched for the edge, so that nothing need be read from it.
func (l *loop) readable() { l.armed = never }

func read(fd int, buffer []byte) int {
	n, err := syscall.Read(fd, buffer)
	if err == syscall.EAGAIN || err == syscall.EINTR {
		return again
	}
	if err != nil {
		return -1
	}
	return n
}

// write is for requests, which are far shorter than a socket's buffer.
func write(fd int, data []byte) bool {
	n, err := syscall.Write(fd, data)
	return err == nil && n == len(data)
}
