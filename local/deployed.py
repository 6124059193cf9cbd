"""After ``make deploy-to``: upload what the Glue jobs import, and see that the API codes a note."""

from __future__ import annotations

import subprocess
import sys
import time
import tomllib

import boto3
import httpx

from local.settings import ROOT

ATTEMPTS, SECONDS_BETWEEN = 6, 10.0


def stack_name(stage: str) -> str:
    """Return the name of a stage's stack in ``samconfig.toml``."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    return str(config[stage]["global"]["parameters"]["stack_name"])


def outputs(stack: str) -> dict[str, str]:
    """Return the outputs of a deployed stack."""
    (found,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def is_ready(api_url: str, client: httpx.Client, pause: float = SECONDS_BETWEEN) -> bool:
    """Return whether the API codes its readiness note within a minute (a first start loads the model)."""
    for attempt in range(ATTEMPTS):
        try:
            if client.get(f"{api_url}/health/ready").status_code == httpx.codes.OK:
                return True
        except httpx.HTTPError as error:
            print(f"{type(error).__name__}, attempt {attempt + 1} of {ATTEMPTS}")
        time.sleep(pause)
    return False


def main(stage: str) -> int:
    """Finish the deployment of a stage."""
    found = outputs(stack_name(stage))
    subprocess.run([sys.executable, ROOT / "glue" / "upload.py", found["ResultsBucketName"]], check=True)
    with httpx.Client(timeout=30) as client:
        ready = is_ready(found["ApiUrl"], client)
    print(f"{found['ApiUrl']} {'is ready' if ready else 'is NOT ready: see the logs of ApiFunction'}")
    return int(not ready)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
