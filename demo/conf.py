"""For the demo: nothing is kept, and this machine is trusted."""

import os

_shop = os.environ.get("DEMO_SHOP", "http://127.0.0.1:4001/")

broker = "memory://"
trust_loopback = True
own_host = True
log_level = "warning"
checks = [
    {"name": "shop", "kind": "http", "target": _shop, "interval": 3, "contains": "open", "group": "public"},
    {"name": "search", "kind": "http", "target": f"{_shop}search", "interval": 5, "group": "public"},
    {"name": "database", "kind": "tcp", "target": _shop.split("/")[2], "interval": 5, "group": "inside"},
    {"name": "backup", "kind": "heartbeat", "token": "demo-backup-token", "period": 60, "grace": 30},
]
