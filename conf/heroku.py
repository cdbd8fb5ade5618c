"""For Heroku, or any platform that sets PORT, routes from outside, and stops by SIGTERM."""

address = "0.0.0.0"
heartbeat_plain = 15  # the router cuts a stream after 55 s of silence
drain_seconds = 20  # SIGKILL follows SIGTERM after 30 s
