"""For your own machine. Every option is in docs/configuration.md."""

address = ["127.0.0.1", "::1"]  # this machine alone; "0.0.0.0" lets the network in
port = 4000
broker = "sqlite:///tornchat.db"  # in the present folder; "memory://" forgets when the server ends
durability = "process"  # "power" survives a power loss too, and says fewer messages a second
history_age = 0  # seconds for which messages are kept; 0: for ever
history_count = 1_000_000  # messages that are kept, for ?last= and ?since=
history_bytes = 1024 * 1024 * 1024  # of the file; the oldest go first
heartbeat_plain = 0  # seconds; a blank line to plain listeners, for routers that cut silent streams
trust_loopback = True  # webhooks and agents on this machine need neither secret nor token
own_host = True  # this machine on the dashboard
log_level = "info"  # debug shows each request
