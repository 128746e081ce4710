"""Methods of tensors and storages whose C++ side refuses a CPU build or asks a driver."""

from __future__ import annotations

import mmap
import os
import sys
import traceback
from typing import Any

import torch

from .driver import Driver
from .errors import invalid_device
from .storage import Storages, block_of

NOT_SUPPORTED = (
    "ZeroGPU does not support torch.compile. Compile ahead of time instead: "
    "spaces.aoti_capture, torch.export.export and spaces.aoti_compile (torch 2.8 or newer)."
)

CANNOT_LEAVE = (
    "a CUDA tensor cannot leave its worker process: return .cpu(), .item() or a NumPy array. "
    "On ZeroGPU this call would hang."
)


def replace_methods(driver: Driver, storages: Storages) -> None:
    """Pinned memory and storages: their C++ side asks the driver whatever our bindings say."""

    def pin_memory(self: torch.Tensor, device: Any = None) -> torch.Tensor:
        driver.require()
        return pinned(self)

    torch.Tensor.pin_memory = pin_memory
    torch.Tensor.is_pinned = lambda self, device=None: getattr(self, "_zerogpu_pinned", False)
    construct = storage_constructor(driver, storages)
    torch.UntypedStorage.__new__ = construct

    def in_a_worker() -> None:
        # `spaces` has put PyTorch's own constructor back by now.
        torch.UntypedStorage.__new__ = construct
        torch.UntypedStorage._share_cuda_ = refuse_to_leave
        torch.Tensor.record_stream = lambda self, stream: record_stream(storages, self, stream)

    driver.at_start(in_a_worker)


def record_stream(storages: Storages, tensor: torch.Tensor, stream: Any) -> None:
    """Keeps a block from being reused before the work of another stream is done."""
    if not hasattr(stream, "stream_id"):
        raise TypeError(
            f"record_stream(): argument 's' (position 1) must be Stream, not {type(stream).__name__}"
        )
    piece = block_of(tensor.untyped_storage()).piece if tensor.is_cuda else None
    if piece is not None:
        storages.meter.use_on(piece, stream.stream_id)


def pinned(tensor: torch.Tensor) -> torch.Tensor:
    """A copy in page-aligned memory: `spaces` reads its files into it with O_DIRECT."""
    if tensor.is_cuda:
        raise RuntimeError(f"cannot pin '{tensor.type()}' only dense CPU tensors can be pinned")
    size_bytes = tensor.untyped_storage().nbytes()
    copy = tensor
    if size_bytes:
        pages = torch.frombuffer(mmap.mmap(-1, size_bytes), dtype=torch.uint8)
        copy = torch.empty(0, dtype=tensor.dtype).set_(
            pages.untyped_storage(), tensor.storage_offset(), tensor.shape, tensor.stride()
        )
        copy.copy_(tensor)
    copy._zerogpu_pinned = True
    return copy


def storage_constructor(driver: Driver, storages: Storages) -> Any:
    """`torch.UntypedStorage(n, device="cuda")`: what `torch.load(map_location="cuda")` calls."""
    make = torch._C.StorageBase.__new__

    def new(cls: type, *args: Any, device: Any = None, **kwargs: Any) -> Any:
        wanted = None if device is None else torch.device(device)
        if wanted is None or wanted.type != "cuda":
            extra = {} if device is None else {"device": device}
            return make(cls, *args, **extra, **kwargs)
        torch.cuda._lazy_init()
        if wanted.index:
            raise invalid_device(wanted.index)
        return storages.allocate(int(args[0]) if args else 0)

    return new


def refuse_to_leave(self: torch.UntypedStorage, *_: Any, **__: Any) -> Any:
    """What pickling between processes calls: results of a GPU function go that way.

    On ZeroGPU such a call hangs, since the app's process asks for a GPU to unpack it.
    """
    if _yields_a_result():
        # `spaces` does not look at errors of this thread: the visitor would take what came before for all.
        traceback.print_stack()
        print(f"RuntimeError: {CANNOT_LEAVE}", file=sys.stderr, flush=True)
        os._exit(1)
    raise RuntimeError(CANNOT_LEAVE)


def _yields_a_result() -> bool:
    """Whether a worker of `spaces` hands over what a generator has yielded (0.30 to 0.51)."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "iterate" and frame.f_globals.get("__name__") == "spaces.zero.wrappers":
            # Else the Space's own code pickles something, below the generator.
            return not getattr(frame.f_locals.get("gen"), "gi_running", False)
        frame = frame.f_back  # type: ignore[assignment]
    return False


def refuse_compile() -> None:
    """`torch.compile` fails on ZeroGPU: here too, at once and with the way out."""

    def compile(*_: Any, **__: Any) -> Any:
        raise RuntimeError(NOT_SUPPORTED)

    def compile_module(self: torch.nn.Module, *_: Any, **__: Any) -> Any:
        raise RuntimeError(NOT_SUPPORTED)

    torch.compile = compile
    torch.nn.Module.compile = compile_module
