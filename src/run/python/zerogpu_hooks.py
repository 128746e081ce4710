"""What happens in a Space's process right after a package was imported.

After `socket`: what the Space serves stays on loopback. After `pathlib`: the driver's folder shows the card
of the platform. After `torch`: the emulated device takes its place, or a real one is kept to its share, as the
backend asks. After what reads weights, on the weightless device: models come without them. After `spaces`: old
releases get a cgroup to read, and in the app's main process two threads start, one that tells names of decorated
functions and one that reports what other workers will not see. The packages themselves stay as they are.
"""

from __future__ import annotations

import os
import sys

# For type checkers alone: each of these would cost every Python process milliseconds at its start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

    AfterImport = Callable[[ModuleType], None]


# Packages that the weightless device prepares (emulated_cuda/weightless/packages.py).
BRING_WEIGHTS = (
    "bitsandbytes",
    "bitsandbytes.cextension",
    "bitsandbytes.cuda_specs",
    "gguf",
    "huggingface_hub.constants",
    "huggingface_hub.file_download",
    "safetensors",
    "spaces.zero.torch.aoti",
    "spaces.zero.torch.packing",
    "spaces.zero.wrappers",
    "transformers.generation.stopping_criteria",
    "transformers.integrations.gguf.kernels",
    "transformers.integrations.gguf.reader",
)


def emulate_device(torch: ModuleType) -> None:
    """Puts the emulated device behind `cuda`."""
    import emulated_cuda

    emulated_cuda.install(torch)


def emulate_inductor(inductor: ModuleType) -> None:
    """Ahead-of-time compilation, for the processor that is there."""
    import emulated_cuda

    emulated_cuda.redirect_inductor(inductor)


def prepare_package(package: ModuleType) -> None:
    """Models without their weights."""
    import emulated_cuda

    emulated_cuda.prepare_package(package)


def share_device(torch: ModuleType) -> None:
    """Keeps workers within their share of a real card."""
    import zerogpu_share

    zerogpu_share.limit_memory(torch)


def equip_spaces(spaces: ModuleType) -> None:
    """What the package needs around it: a cgroup, marked workers, and its functions' names."""
    import zerogpu_cgroup
    import zerogpu_workers

    zerogpu_cgroup.stand_in(spaces)
    zerogpu_workers.mark_workers()
    if is_app_process():
        import zerogpu_tasks

        folder = os.environ["ZEROGPU_RUN_DIR"]
        zerogpu_tasks.start(os.path.join(folder, "tasks.sock"))
        zerogpu_tasks.keep_list(os.path.join(folder, "tasks.jsonl"))
        import zerogpu_unseen

        zerogpu_unseen.watch()
        if os.environ.get("ZEROGPU_EMULATED_SLICE_PREFIX"):
            import emulated_cuda

            emulated_cuda.watch_misreads(spaces)


def keep_on_loopback(socket: ModuleType) -> None:
    """Nothing that the Space serves is to be seen from outside but through the gateway."""
    import zerogpu_loopback

    zerogpu_loopback.keep_on_loopback(socket)


def show_card(pathlib: ModuleType) -> None:
    """The card of the platform, where a driver would show one."""
    import zerogpu_driver

    zerogpu_driver.stand_in(pathlib)


def is_app_process() -> bool:
    """True in the process that the supervisor started, and in none that this one starts."""
    return os.environ.get("ZEROGPU_APP_PID") == str(os.getpid())


def wanted_hooks() -> dict[str, AfterImport]:
    """Which packages this process waits for."""
    hooks: dict[str, AfterImport] = {}
    if os.environ.get("ZEROGPU_EMULATED_VRAM_BYTES"):
        hooks["torch"] = emulate_device
        hooks["torch._inductor"] = emulate_inductor
        if os.environ.get("ZEROGPU_WEIGHTLESS") == "1":
            for name in BRING_WEIGHTS:
                hooks[name] = prepare_package
    elif os.environ.get("ZEROGPU_VRAM_SHARE_BYTES"):
        hooks["torch"] = share_device
    if os.environ.get("ZEROGPU_DRIVER_GPUS_DIR"):
        hooks["pathlib"] = show_card
    if os.environ.get("ZEROGPU_RUN_DIR"):
        hooks["socket"] = keep_on_loopback
        hooks["spaces"] = equip_spaces
    return hooks


def connect_debugger() -> None:
    """`run --debug`: before any code of the Space, so that each of its breakpoints is set in time."""
    import zerogpu_debug

    zerogpu_debug.start(os.environ["ZEROGPU_DEBUG_FILE"])


def install() -> None:
    """Arms the hooks of this process, once."""
    hooks = wanted_hooks()
    # A .pth file of the environment may have been earlier.
    for name in [name for name in hooks if name in sys.modules]:
        run_hook(hooks.pop(name), sys.modules[name])
    if hooks and not any(isinstance(finder, AfterImportFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, AfterImportFinder(hooks))
    if os.environ.get("ZEROGPU_DEBUG_FILE") and is_app_process():
        connect_debugger()


class AfterImportFinder:
    """Finds the awaited packages as the other finders do, and runs a hook when one is loaded.

    The loader is kept, with its type: packages look at it. Only its `exec_module` is covered, and
    uncovered once the package was imported. An import that fails may be tried again.
    """

    def __init__(self, hooks: dict[str, AfterImport]) -> None:
        self.hooks = hooks

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """The finder protocol of `sys.meta_path`."""
        hook = self.hooks.get(name)
        if hook is None:
            return None
        spec = self.find_by_others(name, path, target)
        if spec is not None and spec.loader is not None:
            self.cover(spec, hook)
        return spec

    def find_by_others(
        self,
        name: str,
        path: Sequence[str] | None,
        target: ModuleType | None,
    ) -> ModuleSpec | None:
        for finder in sys.meta_path:
            find_spec = getattr(finder, "find_spec", None)
            if finder is self or find_spec is None:
                continue
            spec = find_spec(name, path, target)
            if spec is not None:
                return spec
        return None

    def cover(self, spec: ModuleSpec, hook: AfterImport) -> None:
        loader: Any = spec.loader
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            self.finish(spec.name)
            try:
                del loader.exec_module
            except AttributeError:
                pass
            run_hook(hook, module)

        loader.exec_module = exec_module

    def finish(self, name: str) -> None:
        self.hooks.pop(name, None)
        if not self.hooks and self in sys.meta_path:
            sys.meta_path.remove(self)


def run_hook(hook: AfterImport, module: ModuleType) -> None:
    """A hook that fails says so and leaves the app to itself."""
    try:
        hook(module)
    except Exception as error:
        print(f"zerogpu: {hook.__name__} failed: {error!r}", file=sys.stderr)
