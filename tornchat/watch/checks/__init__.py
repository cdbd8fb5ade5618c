"""One attempt of each kind of check: a file here has `attempt(check)`, which returns its `Result` in any case."""
