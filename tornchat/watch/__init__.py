"""What watches servers: checks, heartbeats, and what agents say of their hosts."""
