"""`python -m rehearsal.platform` writes what Airflow's LocalFilesystemBackend reads."""

from pathlib import Path

import pytest
from airflow.secrets.local_filesystem import LocalFilesystemBackend

from rehearsal.platform import SeededPlatform, __main__
from rehearsal.platform.connections import connections
from release_ops.config import Catalog, load_catalog
from release_ops.domain.rehearsal import is_loopback

CATALOG = Path(__file__).parents[3] / "config" / "services.yaml"
SANDBOX = "http://127.0.0.1:5100"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def seed(endpoint: str, catalog: Catalog, samples: Path) -> SeededPlatform:
        assert (samples / "history.yaml").is_file()
        return SeededPlatform(endpoint, catalog, connections(endpoint, catalog, ("AKIA", "s/e+cret")))

    monkeypatch.setattr(__main__, "seed", seed)
    return tmp_path / "sandbox.json"


def test_airflow_reads_every_connection_of_the_catalog(file: Path) -> None:
    __main__.main(sandbox=SANDBOX, connections=file, catalog=CATALOG)
    backend = LocalFilesystemBackend(connections_file_path=str(file))
    for environment in load_catalog(CATALOG).environments.values():
        aws = backend.get_connection(environment.aws_connection)
        assert (aws.conn_type, aws.login, aws.password) == ("aws", "AKIA", "s/e+cret")
        assert aws.extra_dejson["endpoint_url"] == SANDBOX
        for name in filter(None, (environment.http_connection, environment.play_connection)):
            # Anywhere else the product would not scale time.
            assert is_loopback(backend.get_connection(name).host)


def test_seeding_again_replaces_the_file_at_once(file: Path) -> None:
    file.write_text("{}")
    __main__.main(sandbox=SANDBOX, connections=file, catalog=CATALOG)
    assert "aws_release_dev" in file.read_text()
    assert list(file.parent.iterdir()) == [file]
