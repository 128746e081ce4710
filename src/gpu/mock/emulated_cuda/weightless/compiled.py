"""Ahead-of-time compilation by `spaces` without compiling: the model runs as it is, on the clock of compiled code.

An exported program of a model without weights would be compiled for the CPU, and the result would read bytes
that are not there. So exporting and compiling give stand-ins, and applying one marks the model's method.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import torch

from .executor import WeightlessKernels
from .marks import is_unknown


class Exported:
    """Stands for an exported program; whatever is asked of it gives itself."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self


class Compiled:
    """Stands for a compiled model on its way from the worker that compiled it."""


def run_uncompiled(aoti: Any, kernels: WeightlessKernels) -> None:
    """Replaces what `spaces` offers; for spaces/zero/torch/aoti.py (0.51.3)."""
    export = torch.export.export

    def export_nothing(mod: torch.nn.Module, *args: Any, **options: Any) -> Any:
        weights = (*mod.parameters(), *mod.buffers())
        return Exported() if any(is_unknown(weight) for weight in weights) else export(mod, *args, **options)

    torch.export.export = export_nothing
    compile_program, apply = aoti.aoti_compile, aoti.aoti_apply
    mark = functools.partial(mark_compiled, kernels)

    def aoti_compile(exported_program: Any, *args: Any, **options: Any) -> Any:
        if isinstance(exported_program, Exported):
            return Compiled()
        return compile_program(exported_program, *args, **options)

    def aoti_apply(compiled: Any, module: torch.nn.Module, call_method: str = "forward") -> None:
        if isinstance(compiled, Compiled):
            mark(module, call_method)
        else:
            apply(compiled, module, call_method)

    def aoti_load(module: torch.nn.Module, *_: Any, **__: Any) -> None:
        for part in module if isinstance(module, Iterable) else (module,):
            mark(part)

    def aoti_blocks_load(module: torch.nn.Module, *_: Any, **__: Any) -> None:
        names = getattr(module, "_repeated_blocks", None) or ()
        for block in module.modules():
            if type(block).__name__ in names:
                mark(block)

    replacements: dict[str, Callable[..., Any]] = {
        "aoti_compile": aoti_compile,
        "aoti_apply": aoti_apply,
        "aoti_load": aoti_load,
        "aoti_blocks_load": aoti_blocks_load,
    }
    for name, replacement in replacements.items():
        if hasattr(aoti, name):
            setattr(aoti, name, replacement)


def mark_compiled(
    kernels: WeightlessKernels, module: torch.nn.Module, call_method: str = "forward"
) -> None:
    """Has a method's kernels counted as those of compiled code."""
    run = getattr(module, call_method)

    @functools.wraps(run)
    def run_compiled(*args: Any, **kwargs: Any) -> Any:
        with kernels.charges.compiled():
            return run(*args, **kwargs)

    setattr(module, call_method, run_compiled)
