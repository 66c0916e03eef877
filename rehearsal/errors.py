"""What can go wrong in a rehearsal, said in one sentence to whoever started it."""


class RehearsalError(Exception):
    """The rehearsal cannot go on; the message says why and what to do."""
