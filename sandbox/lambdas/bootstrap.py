"""Runs inside a function's process: imports its handler, calls it, writes the result. Standard library only.

Arguments: the file for the result. The event comes on standard input, everything else in the environment."""

import importlib
import json
import os
import sys
import time
import traceback
from pathlib import Path


class Context:
    """What Lambda hands to a handler beside the event."""

    def __init__(self) -> None:
        self._deadline = time.monotonic() + float(os.environ.pop("_SANDBOX_TIMEOUT"))
        self.aws_request_id = os.environ.pop("_SANDBOX_REQUEST_ID")
        self.invoked_function_arn = os.environ.pop("_SANDBOX_FUNCTION_ARN")
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))


class RefusedError(Exception):
    """The runtime itself cannot call the handler."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def main(result: Path) -> int:
    context = Context()
    try:
        handler = find_handler(os.environ["_HANDLER"])
        answer = marshal(handler(json.load(sys.stdin), context))
    except RefusedError as refused:
        return report(result, {"errorMessage": str(refused), "errorType": refused.kind, "stackTrace": []})
    except Exception as error:  # noqa: BLE001 - whatever the handler raises is the invocation's result
        traceback.print_exc()
        frames = traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])
        failure = {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": frames}
        return report(result, {**failure, "requestId": context.aws_request_id})
    result.write_text(answer)
    return 0


def find_handler(name: str):  # type: ignore[no-untyped-def]
    module, dot, attribute = name.rpartition(".")
    if not dot:
        raise RefusedError(
            "Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack"
        )
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - the task's root, as Lambda has it
    try:
        loaded = importlib.import_module(module.replace("/", "."))
    except ImportError as missing:
        raise RefusedError(
            "Runtime.ImportModuleError", f"Unable to import module '{module}': {missing}"
        ) from missing
    except SyntaxError as wrong:
        raise RefusedError(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {wrong}"
        ) from wrong
    if not hasattr(loaded, attribute):
        raise RefusedError("Runtime.HandlerNotFound", f"Handler '{attribute}' missing on module '{module}'")
    return getattr(loaded, attribute)


def marshal(value: object) -> str:
    try:
        return json.dumps(value)
    except (TypeError, ValueError) as wrong:
        raise RefusedError("Runtime.MarshalError", f"Unable to marshal response: {wrong}") from wrong


def report(result: Path, failure: dict[str, object]) -> int:
    result.write_text(json.dumps(failure))
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
