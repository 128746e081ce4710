"""Ahead-of-time compilation, which ZeroGPU supports where `torch.compile` fails: compiled for the CPU.

`spaces.aoti_compile` hands an exported program to Inductor, and `aoti_load_package` gives back a model
that works on tensors of the device it was compiled for. Here the program is compiled for the CPU, and
the loaded model takes and gives CUDA tensors. It needs a C++ compiler, as it does on the platform.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from types import ModuleType
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensor
from torch.utils._pytree import tree_map

from .storage import CPU
from .tensors import Tensors

COMPILERS = ("g++", "c++", "clang++")


def redirect_inductor(inductor: ModuleType, tensors: Tensors) -> None:
    """Replaces the two functions of `torch._inductor` through which programs come and go."""
    compile_program = inductor.aot_compile
    load_package = inductor.aoti_load_package

    def aot_compile(
        gm: torch.fx.GraphModule,
        args: tuple[Any, ...],
        kwargs: dict[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        require_compiler()
        args, kwargs = tree_map(on_cpu, (args, kwargs))
        return compile_program(move_program(gm), args, kwargs, **options)

    def aoti_load_package(*args: Any, **kwargs: Any) -> CompiledOnCpu:
        return CompiledOnCpu(load_package(*args, **kwargs), tensors)

    setattr(inductor, "aot_compile", aot_compile)  # noqa: B010 (a module that has no types)
    setattr(inductor, "aoti_load_package", aoti_load_package)  # noqa: B010


class CompiledOnCpu:
    """A compiled model that takes and gives CUDA tensors."""

    def __init__(self, model: Any, tensors: Tensors) -> None:
        self._model = model
        self._tensors = tensors
        # The compiled code keeps pointers to them.
        self._constants: dict[str, torch.Tensor] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def load_constants(
        self, constants_map: dict[str, torch.Tensor], **options: Any
    ) -> None:
        """Weights, by their name in the program."""
        self._constants.update(constants_map)
        hosts = {name: self._to_host(tensor) for name, tensor in constants_map.items()}
        self._model.load_constants(hosts, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given: list[torch.Tensor] = []

        def enter(value: Any) -> Any:
            if isinstance(value, torch.Tensor) and value.is_cuda:
                given.append(value)
            return self._to_host(value)

        def leave(value: Any) -> Any:
            if not isinstance(value, torch.Tensor) or value.is_cuda:
                return value
            pointer = value.untyped_storage().data_ptr()
            for tensor in (*given, *self._constants.values()):
                if tensor.is_cuda and tensor.untyped_storage().data_ptr() == pointer:
                    return self._tensors.over(tensor, value)
            return self._tensors.to_device(value)

        host_args, host_kwargs = tree_map(enter, (args, kwargs))
        return tree_map(leave, self._model(*host_args, **host_kwargs))

    def _to_host(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor) and value.is_cuda:
            return self._tensors.to_host(value.detach())
        return value


def move_program(gm: torch.fx.GraphModule) -> torch.fx.GraphModule:
    """A program's weights and device arguments, on the CPU; the module is this call's own."""
    for module in gm.modules():
        for store in (module._parameters, module._buffers):
            for name, tensor in store.items():
                if tensor is not None and tensor.is_cuda:
                    store[name] = moved_weight(tensor)
        for name, value in list(module.__dict__.items()):
            if isinstance(value, torch.Tensor) and value.is_cuda:
                module.__dict__[name] = value.cpu()
    for child in gm.modules():
        if isinstance(child, torch.fx.GraphModule):
            for node in child.graph.nodes:
                node.args = torch.fx.node.map_aggregate(node.args, on_cpu)
                node.kwargs = torch.fx.node.map_aggregate(node.kwargs, on_cpu)
                if "val" in node.meta:
                    node.meta["val"] = tree_map(fake_on_cpu, node.meta["val"])
            child.recompile()
    return gm


def moved_weight(tensor: torch.Tensor) -> torch.Tensor:
    """A copy: the compiled artifact may outlive the program's own weights."""
    host = tensor.detach().cpu()
    if isinstance(tensor, torch.nn.Parameter):
        return torch.nn.Parameter(host, requires_grad=tensor.requires_grad)
    return host


def on_cpu(value: Any) -> Any:
    """A CUDA tensor or device as the CPU's; everything else as it is."""
    if isinstance(value, torch.Tensor) and value.is_cuda:
        return value.detach().cpu()
    if isinstance(value, torch.device) and value.type == "cuda":
        return CPU
    return value


def fake_on_cpu(value: Any) -> Any:
    """The same shape, known or symbolic, on the CPU."""
    if not isinstance(value, FakeTensor) or value.device.type != "cuda":
        return value
    with value.fake_mode:
        return torch.empty_strided(value.size(), value.stride(), dtype=value.dtype, device=CPU)


def require_compiler(which: Callable[[str], str | None] = shutil.which) -> None:
    """Raises RuntimeError with the way out when there is no C++ compiler."""
    if not any(which(name) for name in COMPILERS):
        raise RuntimeError(
            "ahead-of-time compilation needs a C++ compiler here, since the emulated device compiles "
            "for the CPU: install g++ (on Debian and Ubuntu: sudo apt install g++)"
        )
