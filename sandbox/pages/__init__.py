"""Pages for people: what is there, what was built, and why it failed."""
