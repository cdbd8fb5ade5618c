"""For your own machine. Every option is in docs/configuration.md."""

address = ["127.0.0.1", "::1"]  # this machine alone; "0.0.0.0" lets the network in
port = 4000
broker = "memory://"  # messages are gone when the server ends
history_count = 10_000  # messages kept for ?last= and ?since=
heartbeat_plain = 0  # seconds; a blank line to plain listeners, for routers that cut silent streams
log_level = "info"  # debug shows each request
