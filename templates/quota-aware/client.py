"""Makes calls until the quota is spent, reads what is left, waits for the reset and continues.

The same program runs against the deployed Space and against `zerogpu run . --local-hub`, which sets
HF_ENDPOINT for it:

    python client.py OWNER/NAME [CALLS]      (HF_TOKEN: who calls; locally free, pro, pro:ann)
"""

import os
import sys
import time
from datetime import datetime, timezone

from gradio_client import Client
from gradio_client.exceptions import AppError
from huggingface_hub import get_zero_gpu_quota

# How often one call is tried again: a refusal that time does not resolve has to end.
TRIES = 5


def wait_for_reset(quota) -> None:
    """Sleeps until the quota is whole again. `resets_at` is None while nothing has been used."""
    if quota.resets_at is None:
        return
    seconds = (quota.resets_at - datetime.now(timezone.utc)).total_seconds()
    print(f"waiting {seconds:.0f} s for {quota.base:.0f} s of quota", flush=True)
    time.sleep(max(0.0, seconds))


def call(client: Client, seconds: float, token: str) -> str:
    """One call, made again after the reset when the quota does not cover it."""
    for _ in range(TRIES):
        try:
            return client.predict(seconds, api_name="/render")
        except AppError as error:
            quota = get_zero_gpu_quota(token=token)
            print(f"refused with {quota.remaining:.1f} s left: {error}", flush=True)
            if quota.base < seconds:
                raise
            wait_for_reset(quota)
    raise RuntimeError(f"{TRIES} calls were refused, one after the other")


def main(space: str, calls: int) -> None:
    """Spends the quota of HF_TOKEN: each call declares all of it, so that two don't fit in one day."""
    token = os.environ["HF_TOKEN"]
    client = Client(space, token=token, verbose=False)
    seconds = get_zero_gpu_quota(token=token).base
    for _ in range(calls):
        print("done:", call(client, seconds, token), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2)
