"""The details of CodeBuild's events, spelled as AWS spells them."""

from sandbox.codebuild.events import phase_change, state_change

BUILD = {
    "id": "p:1",
    "arn": "arn:aws:codebuild:eu-west-1:111111111111:build/p:1",
    "projectName": "p",
    "buildStatus": "FAILED",
    "buildComplete": True,
    "buildNumber": 1,
    "currentPhase": "COMPLETED",
    "initiator": "admin",
    "startTime": 1504282349.0,
    "timeoutInMinutes": 60,
    "queuedTimeoutInMinutes": 480,
    "source": {"type": "NO_SOURCE", "gitCloneDepth": 1},
    "artifacts": {"location": ""},
    "environment": {
        "computeType": "BUILD_GENERAL1_SMALL",
        "environmentVariables": [],
        "privilegedMode": False,
    },
    "logs": {"cloudWatchLogs": {"status": "DISABLED"}},
    "phases": [
        {
            "phaseType": "BUILD",
            "phaseStatus": "FAILED",
            "startTime": 1504282349.0,
            "endTime": 1504282385.0,
            "durationInSeconds": 36,
            "contexts": [{"statusCode": "A", "message": "b"}],
        },
        {"phaseType": "COMPLETED", "startTime": 1504310400.0},
    ],
}


def test_the_details_are_spelled_as_aws_spells_them() -> None:
    information = {
        "artifact": {"location": ""},
        "cache": {"type": "NO_CACHE"},
        "environment": {
            "compute-type": "BUILD_GENERAL1_SMALL",
            "environment-variables": [],
            "privileged-mode": False,
        },
        "source": {"type": "NO_SOURCE", "git-clone-depth": 1},
        "logs": {},
        "build-number": 1,
        "build-complete": True,
        "initiator": "admin",
        "timeout-in-minutes": 60,
        "queued-timeout-in-minutes": 480,
        "build-start-time": "Sep 1, 2017 4:12:29 PM",
        "phases": [
            {
                "phase-type": "BUILD",
                "phase-status": "FAILED",
                "phase-context": ["A: b"],
                "start-time": "Sep 1, 2017 4:12:29 PM",
                "end-time": "Sep 1, 2017 4:13:05 PM",
                "duration-in-seconds": 36,
            },
            {"phase-type": "COMPLETED", "start-time": "Sep 2, 2017 12:00:00 AM"},
        ],
    }
    common = {
        "project-name": "p",
        "build-id": BUILD["arn"],
        "version": "1",
        "additional-information": information,
    }
    assert state_change(BUILD) == {
        **common,
        "build-status": "FAILED",
        "current-phase": "COMPLETED",
        "current-phase-context": "[]",
    }
    assert phase_change(BUILD, "BUILD") == {
        **common,
        "completed-phase": "BUILD",
        "completed-phase-status": "FAILED",
        "completed-phase-context": "[A: b]",
        "completed-phase-duration-seconds": 36,
        "completed-phase-start": "Sep 1, 2017 4:12:29 PM",
        "completed-phase-end": "Sep 1, 2017 4:13:05 PM",
    }
