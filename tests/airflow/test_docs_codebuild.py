"""The DAG of docs/codebuild.md, run as it stands there, against the sandbox."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

ROOT = Path(__file__).parents[2]
DEV, REGION = "111111111111", "eu-west-1"
CLONE_URL = f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/nightly"
BUILDSPEC = """
version: 0.2
env: {exported-variables: [ANSWER]}
phases:
  build: {commands: ["export ANSWER=$STAGE-42", "echo built for $STAGE"]}
"""

RUN = """
import json, sys
from airflow.utils.db import initdb
initdb()
from pathlib import Path
module = {}
exec(Path(sys.argv[1]).read_text(), module)
# The page's build is looked at every 30 seconds; nobody waits for that here.
module["build"].waiter_delay = module["somebody_elses"].poke_interval = 1
dag = module["build"].dag
run = dag.test(run_conf=json.loads(sys.argv[2]))
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
found = {}
with create_session() as session:
    for ti in run.get_task_instances(session=session):
        left = XComModel.get_many(
            run_id=run.run_id, dag_ids="nightly", task_ids=ti.task_id, key="return_value"
        )
        found[ti.task_id] = [ti.state, session.scalars(left).first().value]
print("RESULT" + json.dumps(found))
"""


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--state", str(tmp_path / "sandbox")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.send_signal(signal.SIGTERM)


def client(endpoint: str, service: str) -> Any:
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=f"AKIA{DEV}ADMN",
        aws_secret_access_key="any",
    )


def seed(endpoint: str) -> str:
    """Make the page's project, and return the commit to build."""
    codecommit = client(endpoint, "codecommit")
    codecommit.create_repository(repositoryName="nightly")
    commit: str = codecommit.create_commit(
        repositoryName="nightly", branchName="main", putFiles=[{"filePath": "a", "fileContent": b"a"}]
    )["commitId"]
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "codebuild.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = client(endpoint, "iam").create_role(RoleName="nightly", AssumeRolePolicyDocument=document)
    client(endpoint, "codebuild").create_project(
        name="nightly",
        source={"type": "CODECOMMIT", "location": CLONE_URL, "buildspec": BUILDSPEC},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
        serviceRole=role["Role"]["Arn"],
    )
    return commit


def test_the_pages_dag_builds_and_waits(endpoint: str, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "codebuild.md").read_text()
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code, "the page has no example"
    file = tmp_path / "dags" / "nightly.py"
    file.parent.mkdir()
    file.write_text(code[1])
    commit = seed(endpoint)
    codebuild = client(endpoint, "codebuild")
    theirs = codebuild.start_build(projectName="nightly", sourceVersion=commit)["build"]["id"]
    connection = {
        "conn_type": "aws",
        "login": f"AKIA{DEV}ADMN",
        "password": "any",
        "extra": {"endpoint_url": endpoint},
    }
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(file.parent),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(tmp_path / "none"),
        "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(connection),
    }
    answer = subprocess.run(
        [sys.executable, "-c", RUN, str(file), json.dumps({"commit": commit, "build": theirs})],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert "RESULT" in answer.stdout, answer.stdout[-3000:] + answer.stderr[-3000:]
    found = json.loads(answer.stdout.partition("RESULT")[2].splitlines()[0])
    state, built = found["build"]
    assert state == "success"
    assert built["commit"] == commit
    assert built["exported"] == {"ANSWER": "test-42"}
    assert found["somebody_elses"][1]["build_id"] == theirs
    assert len(codebuild.list_builds_for_project(projectName="nightly")["ids"]) == 2
    assert "built for test" in answer.stdout, "the build's log is in the task's"
