"""How Airflow runs in a rehearsal, as the environment of its components."""

import base64
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.ports import LOOPBACK, Ports
from rehearsal.supervision import CHECKOUT

# A developer's own settings and credentials must not reach a rehearsal, nor a rehearsal somebody's account.
FOREIGN = ("AIRFLOW", "AWS_", "BOTO_", "RELEASE_OPS_", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "GOOGLE_")
PARALLELISM = 6


@dataclass(frozen=True)
class User:
    """Somebody who may log in to the UI of this rehearsal."""

    name: str
    role: str
    password: str = field(default_factory=lambda: secrets.token_urlsafe(9), repr=False)


def users_of_a_rehearsal() -> dict[str, User]:
    """Return who there is: `admin`, and `tester`, who may mark and clear but not administer."""
    return {user.name: user for user in (User("admin", "admin"), User("tester", "op"))}


@dataclass(frozen=True)
class AirflowSettings:
    """Everything that differs from one rehearsal to the next."""

    home: Path
    dags_folder: Path
    ports: Ports
    users: Mapping[str, User]
    database_url: str = field(repr=False)
    fernet_key: str = field(
        default_factory=lambda: base64.urlsafe_b64encode(os.urandom(32)).decode(), repr=False
    )
    jwt_secret: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports.api}"

    @property
    def passwords_file(self) -> Path:
        return self.home / "passwords.json"

    def environment(self) -> dict[str, str]:
        """Return the whole environment of a component, connections apart."""
        options = {
            "API": self._api(),
            "API_AUTH": {"JWT_SECRET": self.jwt_secret},
            "CORE": self._core(),
            "DAG_PROCESSOR": {
                # Its default lets a new file wait for five minutes.
                "REFRESH_INTERVAL": "10",
                "BUNDLE_REFRESH_CHECK_INTERVAL": "2",
                "PARSING_PROCESSES": "1",
            },
            "DATABASE": {"SQL_ALCHEMY_CONN": self.database_url},
            "LOGGING": {
                "COLORED_CONSOLE_LOG": "False",
                "TRIGGER_LOG_SERVER_PORT": str(self.ports.trigger_logs),
                "WORKER_LOG_SERVER_PORT": str(self.ports.worker_logs),
            },
            "SCHEDULER": {
                "ENABLE_HEALTH_CHECK": "False",
                "SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(self.ports.scheduler_health),
                # Most of a rehearsal's minutes are hand-overs between tasks; each waits for this loop.
                "SCHEDULER_IDLE_SLEEP_TIME": "0.3",
            },
            # Its default of 5 s kills healthy tasks on a busy machine.
            "WORKERS": {"EXECUTION_API_TIMEOUT": "60"},
        }
        settings = {
            f"AIRFLOW__{section}__{name}": value
            for section, names in options.items()
            for name, value in names.items()
        }
        return {
            **clean_environment(),
            "AIRFLOW_HOME": str(self.home),
            # Where Airflow finds the project's airflow_local_settings.
            "PYTHONPATH": str(CHECKOUT / "config"),
            **settings,
        }

    def _api(self) -> dict[str, str]:
        return {
            "BASE_URL": self.url,
            # A verdict's sentences are longer than a screen is wide.
            "DEFAULT_WRAP": "True",
            "HOST": LOOPBACK,
            "PORT": str(self.ports.api),
            "SECRET_KEY": self.jwt_secret,
            "WORKERS": "1",
        }

    def _core(self) -> dict[str, str]:
        return {
            "DAGS_FOLDER": str(self.dags_folder),
            "EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "EXECUTOR": "LocalExecutor",
            "FERNET_KEY": self.fernet_key,
            # Its default asks DNS for the machine's name, for seconds where nobody answers.
            "HOSTNAME_CALLABLE": "socket.gethostname",
            "LOAD_EXAMPLES": "False",
            "PARALLELISM": str(PARALLELISM),
            # Our plugin is installed, with its entry point. Were the folder given too, Airflow would find it
            # twice and warn in every log.
            "PLUGINS_FOLDER": str(self.home / "plugins"),
            "SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.passwords_file),
            "SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{user.name}:{user.role}" for user in self.users.values()),
        }


def clean_environment() -> dict[str, str]:
    """Return this process's environment without what would lead out of the rehearsal."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(FOREIGN)}
    binaries = str(Path(sys.executable).parent)
    return {
        **kept,
        "PATH": os.pathsep.join([binaries, kept.get("PATH", os.defpath)]),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost,.localhost",
        "no_proxy": "127.0.0.1,localhost,.localhost",
    }
