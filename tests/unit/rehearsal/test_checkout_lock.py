"""One rehearsal at a time in a checkout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.checkout_lock import AlreadyRunningError, only_rehearsal_in

HOLD = """
import sys, time, pathlib
from rehearsal.checkout_lock import only_rehearsal_in
with only_rehearsal_in(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""
CHECKOUT = Path(__file__).resolve().parents[3]


def test_the_second_one_is_told_who_holds_it_and_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], cwd=CHECKOUT, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        told = f"process {holder.pid}.* kill {holder.pid}"
        with pytest.raises(AlreadyRunningError, match=told), only_rehearsal_in(tmp_path):
            pass
        holder.kill()
    with only_rehearsal_in(tmp_path):
        assert (tmp_path / "lock").read_text().strip() == str(os.getpid())
