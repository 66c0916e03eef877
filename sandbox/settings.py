"""What the person who starts the sandbox decides."""

from dataclasses import dataclass, field
from pathlib import Path

from sandbox.scripted.script import Script

ACCOUNTS = {"dev": "111111111111", "staging": "222222222222", "production": "333333333333"}
REGION = "eu-west-1"


@dataclass(frozen=True, slots=True)
class Settings:
    """One running sandbox.

    ``seconds_per_minute`` is how long a minute of CodeBuild's timeouts lasts: the API takes no timeout under
    five minutes, and nobody rehearses one at full length."""

    port: int
    state: Path
    path: tuple[Path, ...] = ()
    seconds_per_minute: float = 60.0
    concurrent_builds: int = 20
    projects: int = 5000
    iam: bool = False
    script: Script = field(default_factory=Script)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def builds(self) -> Path:
        return self.state / "builds"

    @property
    def codecommit(self) -> Path:
        return self.state / "codecommit"

    @property
    def functions(self) -> Path:
        return self.state / "functions"
