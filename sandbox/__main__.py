"""`python -m sandbox`: an AWS, and a Play, to rehearse on."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sandbox.listening import PortInUseError, listen
from sandbox.scripted.document import ScriptDocument
from sandbox.scripted.reading import ScriptError, read_script
from sandbox.scripted.script import Script
from sandbox.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    # Before moto and botocore are imported: what the caller's shell says about real AWS is not meant for us.
    for name in [name for name in os.environ if name.startswith(("AWS_", "MOTO_"))]:
        del os.environ[name]
    try:
        script = Script(_read(options.script) if options.script else None)
        listener = listen(options.host, options.port)
    except (ScriptError, PortInUseError) as refused:
        print(f"sandbox: {refused}", file=sys.stderr)
        return 1
    with listener, tempfile.TemporaryDirectory(prefix="sandbox-", ignore_cleanup_errors=True) as scratch:
        settings = Settings(
            port=listener.getsockname()[1],
            state=Path(options.state or scratch).resolve(),
            path=tuple(folder.resolve() for folder in options.path or [Path(sys.executable).parent]),
            seconds_per_minute=options.seconds_per_minute,
            concurrent_builds=options.concurrent_builds,
            projects=options.projects,
            iam=options.iam,
            script=script,
        )
        from sandbox.announcement import announcement
        from sandbox.server import serve

        serve(settings, listener, announcement(settings))
    return 0


def _read(file: Path) -> ScriptDocument:
    try:
        return read_script(file.read_bytes(), str(file))
    except OSError as unreadable:
        why = os.strerror(unreadable.errno or 0)
        raise ScriptError([f"--script {file} cannot be read ({why}); give a file of YAML or JSON"]) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--state", help="folder for repositories and builds (default: a temporary one)")
    parser.add_argument(
        "--path",
        type=Path,
        action="append",
        metavar="DIR",
        help="folder of programs for builds and functions, before the system's (default: this Python's)",
    )
    parser.add_argument(
        "--seconds-per-minute", type=float, default=60.0, help="how long a minute of a build's timeout lasts"
    )
    parser.add_argument(
        "--concurrent-builds", type=int, default=20, help="builds at once per account and region"
    )
    parser.add_argument(
        "--projects",
        type=int,
        default=5000,
        help="build projects per account and region (default: %(default)s)",
    )
    parser.add_argument(
        "--script", type=Path, metavar="FILE", help="builds that fail and calls that are throttled on demand"
    )
    parser.add_argument(
        "--iam", action="store_true", help="refuse what the caller's policies do not allow, as AWS does"
    )
    return parser


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Python would take all of moto apart, object by object: seconds of work for nothing.
    os._exit(status)
