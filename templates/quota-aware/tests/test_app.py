"""Run with: zerogpu run . --fresh --local-hub --speed 8640 -- pytest tests/

At that speed a quota day is over in ten seconds.
"""

import os
import subprocess
import sys
from pathlib import Path

CLIENT = Path(__file__).parent.parent / "client.py"


def test_spends_its_quota_and_waits_for_the_reset():
    # The client may ask the local Hub; what that one asks of the real one is its own affair.
    env = {name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"}
    env["HF_TOKEN"] = "free:ada"
    command = [sys.executable, str(CLIENT), "me/quota-aware", "2"]
    # On a very slow machine the quota may be full again before the second call: then once more.
    for _ in range(3):
        ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
        assert ended.returncode == 0, ended.stderr
        steps = [line.split()[0] for line in ended.stdout.splitlines()]
        if "refused" in steps[1:]:
            break
    assert steps == ["done:", "refused", "waiting", "done:"]
