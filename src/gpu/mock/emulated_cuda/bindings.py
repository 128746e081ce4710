"""What PyTorch looks up in its C++ module, and the few methods whose C++ side refuses a CPU build."""

from __future__ import annotations

import mmap
from typing import Any

import torch

from .errors import invalid_device
from .storage import CPU, CUDA, Storages

# What CUDA builds of 2025 ship (9.10.2).
CUDNN_VERSION = 91002

NOT_SUPPORTED = (
    "ZeroGPU does not support torch.compile. Compile ahead of time instead: "
    "spaces.aoti_capture, torch.export.export and spaces.aoti_compile (torch 2.8 or newer)."
)


def replace_bindings() -> None:
    """`torch._C._cuda_*`: names that a CPU build lacks, or that would ask the driver."""
    for name, value in {
        "_cuda_init": lambda: None,
        "_cuda_getDeviceCount": lambda: 1,
        "_cuda_setDevice": lambda index: None,
        "_cuda_getDevice": lambda: 0,
        "_cuda_exchangeDevice": lambda index: 0,
        "_cuda_maybeExchangeDevice": lambda index: 0,
        "_cuda_synchronize": lambda: None,
        "_cuda_getCurrentRawStream": lambda index=0: 0,
        "_cuda_isCurrentStreamCapturing": lambda: False,
        "_cuda_isInBadFork": lambda: False,
        "_cuda_emptyCache": lambda: None,
        "_cuda_clearCublasWorkspaces": lambda: None,
        "_cuda_getCompiledVersion": lambda: 12080,
    }.items():
        setattr(torch._C, name, value)
    # Modules that have taken the name from the C++ module already.
    torch.cuda.graphs._cuda_isCurrentStreamCapturing = lambda: False
    torch.backends.cuda.is_built = lambda: True
    # Convolutions must not choose cuDNN; that it is there is what programs ask.
    torch._C._set_cudnn_enabled(False)
    torch.backends.cudnn.is_available = lambda: True
    torch.backends.cudnn.version = lambda: CUDNN_VERSION
    torch.backends.cuda.is_flash_attention_available = lambda: True
    marks = torch.cuda.nvtx._nvtx
    for name in ("rangePushA", "rangePop", "markA", "rangeStartA", "rangeEnd"):
        setattr(marks, name, lambda *args: 0)


def normalized(device: Any) -> Any:
    """A device argument with its index; raises for a card that is not there."""
    if device is None:
        return None
    if isinstance(device, int) and not isinstance(device, bool):
        device = torch.device("cuda", device)
    elif isinstance(device, str):
        device = torch.device(device)
    if isinstance(device, torch.device) and device.type == "cuda":
        if device.index:
            raise invalid_device(device.index)
        return CUDA
    return device


def replace_tensor_methods() -> None:
    """Moves between devices: the C++ side of `.cuda()` initialises a driver before anything else."""
    move = torch.Tensor.to

    def to(self: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        if args and not isinstance(args[0], (torch.dtype, torch.Tensor)):
            args = (normalized(args[0]), *args[1:])
        if "device" in kwargs:
            kwargs["device"] = normalized(kwargs["device"])
        return move(self, *args, **kwargs)

    def cuda(
        self: torch.Tensor,
        device: Any = None,
        non_blocking: bool = False,
        memory_format: torch.memory_format = torch.preserve_format,
    ) -> torch.Tensor:
        target = CUDA if device is None else normalized(device)
        return move(self, target, non_blocking=non_blocking, memory_format=memory_format)

    def cpu(
        self: torch.Tensor, memory_format: torch.memory_format = torch.preserve_format
    ) -> torch.Tensor:
        return move(self, CPU, memory_format=memory_format)

    torch.Tensor.to = to
    torch.Tensor.cuda = cuda
    torch.Tensor.cpu = cpu
    torch.Tensor.pin_memory = pin_memory
    torch.Tensor.is_pinned = lambda self, device=None: getattr(self, "_zerogpu_pinned", False)
    torch.Tensor.record_stream = lambda self, stream: None


def pin_memory(self: torch.Tensor, device: Any = None) -> torch.Tensor:
    """A copy in page-aligned memory: `spaces` reads its files into it with O_DIRECT."""
    if self.is_cuda:
        raise RuntimeError(f"cannot pin '{self.type()}' only dense CPU tensors can be pinned")
    size_bytes = self.untyped_storage().nbytes()
    pinned = self
    if size_bytes:
        pages = torch.frombuffer(mmap.mmap(-1, size_bytes), dtype=torch.uint8)
        pinned = torch.empty(0, dtype=self.dtype).set_(
            pages.untyped_storage(), self.storage_offset(), self.shape, self.stride()
        )
        pinned.copy_(self)
    pinned._zerogpu_pinned = True
    return pinned


def replace_storage_constructor(storages: Storages) -> None:
    """`torch.UntypedStorage(n, device="cuda")`: what `torch.load(map_location="cuda")` calls."""
    make = torch.UntypedStorage.__new__

    def new(cls: type, *args: Any, device: Any = None, **kwargs: Any) -> Any:
        if device is None or torch.device(device).type != "cuda":
            extra = {} if device is None else {"device": device}
            return make(cls, *args, **extra, **kwargs)
        normalized(device)
        return storages.allocate(int(args[0]) if args else 0)

    torch.UntypedStorage.__new__ = new
    torch.UntypedStorage._share_cuda_ = refuse_to_leave


def refuse_to_leave(self: torch.UntypedStorage, *_: Any, **__: Any) -> Any:
    """What pickling between processes calls: results of a GPU function go that way.

    On ZeroGPU such a call hangs, since the app's process asks for a GPU to unpack it.
    """
    raise RuntimeError(
        "a CUDA tensor cannot leave its worker process: return .cpu(), .item() or a NumPy array. "
        "On ZeroGPU this call would hang."
    )


def refuse_compile() -> None:
    """`torch.compile` fails on ZeroGPU: here too, at once and with the way out."""

    def compile(*_: Any, **__: Any) -> Any:
        raise RuntimeError(NOT_SUPPORTED)

    def compile_module(self: torch.nn.Module, *_: Any, **__: Any) -> Any:
        raise RuntimeError(NOT_SUPPORTED)

    torch.compile = compile
    torch.nn.Module.compile = compile_module


