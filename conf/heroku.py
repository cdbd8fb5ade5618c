"""For Heroku, or any platform that sets PORT, routes from outside, and stops by SIGTERM.

With its Redis (REDIS_URL) as many processes as WEB_CONCURRENCY says; without one, what is said is forgotten at a
restart, for the disk is too.
"""

import os

_redis = os.environ.get("REDIS_URL", "")
_tls = _redis.startswith("rediss://") and "?" not in _redis

address = "0.0.0.0"
broker = f"{_redis}?ssl_cert_reqs=none" if _tls else _redis or "memory://"  # the platform's certificate is its own
processes = int(os.environ.get("WEB_CONCURRENCY", "1")) if _redis else 1
heartbeat_plain = 15  # the router cuts a stream after 55 s of silence
drain_seconds = 20  # SIGKILL follows SIGTERM after 30 s
