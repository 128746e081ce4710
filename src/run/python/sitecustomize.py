"""Runs at the start of every Python process of a Space, since its folder is on PYTHONPATH.

It must cost next to nothing and never break anything: `pip` and every other Python that the app
starts passes here too. Whatever sitecustomize would have run without us runs after us.
"""

import os
import sys

# What importlib re-exports: importing importlib.util itself costs every process milliseconds.
from _frozen_importlib import module_from_spec
from _frozen_importlib_external import PathFinder


def _install_hooks() -> None:
    try:
        import zerogpu_hooks

        zerogpu_hooks.install()
    except Exception as error:
        print(f"zerogpu: start-up hooks failed: {error!r}", file=sys.stderr)


def _note_imports() -> None:
    """In the app alone, of `run --watch`: after this nothing runs but its own code."""
    try:
        import zerogpu_imports

        zerogpu_imports.begin()
    except Exception as error:
        print(f"zerogpu: imports are not noted: {error!r}", file=sys.stderr)


def _run_the_next_one() -> None:
    """Runs the sitecustomize that we hide, under its own name; its errors are its own.

    Only what comes after us on the path is looked at: two of us never call each other in a ring.
    """
    here = os.path.realpath(os.path.dirname(__file__))
    entries = [os.path.realpath(entry) for entry in sys.path]
    if here not in entries:
        return
    spec = PathFinder.find_spec(__name__, sys.path[entries.index(here) + 1 :])
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules[__name__] = module
    spec.loader.exec_module(module)


if os.environ.get("SPACES_ZERO_GPU") or os.environ.get("ZEROGPU_EMULATED_VRAM_BYTES"):
    _install_hooks()
_run_the_next_one()
if os.environ.get("ZEROGPU_IMPORTS") and os.environ.get("ZEROGPU_APP_PID") == str(os.getpid()):
    _note_imports()
