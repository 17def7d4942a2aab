"""A stand-in for OpenAI: a small model on this machine, or a script where that can't run."""
