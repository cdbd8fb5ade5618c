"""One file per URL. A file here is its own registration: it ends with its `routes`."""
