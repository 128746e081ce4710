"""Reads a Hub with the installed huggingface_hub, for the end-to-end tests.

HF_ENDPOINT says which; argv: token, Space id. Prints one JSON object; `quota` is null where the release
has no such call (before 2.0).
"""

import json
import sys

import huggingface_hub
from huggingface_hub import HfApi

token, space = sys.argv[1:3]
api = HfApi(token=token)
who = api.whoami()
info = api.space_info(space)
runtime = api.get_space_runtime(space)
quota = None
if hasattr(api, "get_zero_gpu_quota"):
    read = api.get_zero_gpu_quota()
    quota = {
        "base": read.base,
        "remaining": read.remaining,
        "resetsAt": read.resets_at and read.resets_at.isoformat(),
    }
print(
    json.dumps(
        {
            "version": huggingface_hub.__version__,
            "name": who["name"],
            "isPro": who["isPro"],
            "host": getattr(info, "host", None),
            "id": info.id,
            "stage": runtime.stage,
            "hardware": runtime.hardware,
            "quota": quota,
        }
    )
)
