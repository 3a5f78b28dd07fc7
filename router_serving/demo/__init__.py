"""A gateway to look at: a fleet on this machine's loopback, LiteLLM in front of it, and clients."""
