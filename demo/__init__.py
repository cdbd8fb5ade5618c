"""A believable day, so that a newcomer sees the pages alive: `make demo`."""
