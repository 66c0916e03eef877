"""Why a phase failed."""


class PhaseFailedError(Exception):
    """Ends a phase as FAILED; code and message become its context."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
