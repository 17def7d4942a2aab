"""Stand-ins for a fresh machine, each a process reached over HTTP, and what supervises them."""
