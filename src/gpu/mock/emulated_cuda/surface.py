"""The Python side of `torch.cuda`, answering for the emulated card."""

from __future__ import annotations

import contextlib
from typing import Any

import torch
from torch import _streambase

from .config import Config
from .errors import invalid_device
from .memory import cuda_functions, replace_accelerator_bindings
from .meter import Meter
from .rng import DeviceRandom, Generator
from .streams import CUDAGraph, Event, Stream


def device_index(device: Any = None) -> int:
    """Index of a device argument; raises what CUDA raises for a card that is not there."""
    if device is None:
        return 0
    if isinstance(device, int):
        index = device
    else:
        wanted = torch.device(device) if isinstance(device, str) else device
        if getattr(wanted, "type", "cuda") != "cuda":
            raise ValueError(f"Expected a cuda device, but got: {wanted}")
        index = getattr(wanted, "index", None) or 0
    if index not in (0, -1):
        raise invalid_device(index)
    return 0


def is_in_bad_fork() -> bool:
    """Host memory survives a fork. By name in the module: `spaces` sends it to a process pickled."""
    return False


class DeviceProperties:
    """What `torch.cuda.get_device_properties()` returns."""

    def __init__(self, config: Config) -> None:
        self.name = config.name
        self.major, self.minor = config.capability
        self.total_memory = config.vram_bytes
        self.multi_processor_count = config.sm_count
        self.warp_size = 32
        self.is_integrated = 0
        self.is_multi_gpu_board = 0
        self.max_threads_per_multi_processor = 2048
        self.max_threads_per_block = 1024
        self.shared_memory_per_block = 49_152
        self.shared_memory_per_block_optin = 232_448
        self.shared_memory_per_multiprocessor = 233_472
        self.regs_per_multiprocessor = 65_536
        self.L2_cache_size = 60 * 2**20
        self.gcnArchName = ""
        self.uuid = "00000000-0000-0000-0000-000000000000"

    def __repr__(self) -> str:
        return (
            f"_CudaDeviceProperties(name='{self.name}', major={self.major}, minor={self.minor}, "
            f"total_memory={self.total_memory // 2**20}MB, "
            f"multi_processor_count={self.multi_processor_count})"
        )


def replace_cuda_module(config: Config, meter: Meter, random: DeviceRandom) -> None:
    """Puts our functions in place of those that would ask the driver."""
    cuda = torch.cuda
    stream = Stream()
    for name, value in {
        **_presence(config),
        **cuda_functions(meter, device_index),
        **_random_numbers(random),
        "Stream": Stream,
        "Event": Event,
        "CUDAGraph": CUDAGraph,
        "current_stream": lambda device=None: stream,
        "default_stream": lambda device=None: stream,
        "set_stream": lambda wanted: None,
        "stream": lambda wanted: contextlib.nullcontext(wanted),
        "synchronize": lambda device=None: None,
    }.items():
        setattr(cuda, name, value)
    # Dynamo, which optimizers import, wants them to be of these kinds (up to PyTorch 2.6).
    for base, ours in (("_StreamBase", Stream), ("_EventBase", Event)):
        kind = getattr(_streambase, base, None)
        if hasattr(kind, "register"):
            kind.register(ours)
    replace_accelerator_bindings(meter)
    torch.Generator = Generator
    torch.version.cuda = "12.8"


def _presence(config: Config) -> dict[str, Any]:
    properties = DeviceProperties(config)

    def get_device_properties(device: Any = None) -> DeviceProperties:
        device_index(device)
        return properties

    def set_device(device: Any) -> None:
        device_index(device)

    def exchange_device(device: Any) -> int:
        # Negative: leave it as it is.
        return device_index(device) if device >= 0 else 0

    return {
        "is_available": lambda: True,
        "is_initialized": lambda: True,
        "init": lambda: None,
        "_lazy_init": lambda: None,
        "_is_in_bad_fork": is_in_bad_fork,
        "_is_compiled": lambda: True,
        "device_count": lambda: 1,
        "current_device": lambda: 0,
        "set_device": set_device,
        "_exchange_device": exchange_device,
        "_maybe_exchange_device": exchange_device,
        "get_device_properties": get_device_properties,
        "get_device_name": lambda device=None: get_device_properties(device).name,
        "get_device_capability": lambda device=None: (
            get_device_properties(device).major,
            get_device_properties(device).minor,
        ),
        "get_arch_list": lambda: [f"sm_{properties.major}{properties.minor}"],
        "is_bf16_supported": lambda including_emulation=True: True,
        "can_device_access_peer": lambda device, peer: False,
        "utilization": lambda device=None: 0,
        "temperature": lambda device=None: 30,
        "power_draw": lambda device=None: 0,
        "clock_rate": lambda device=None: 0,
        "ipc_collect": lambda: None,
    }


def _random_numbers(random: DeviceRandom) -> dict[str, Any]:
    def get_state(device: Any = "cuda") -> torch.Tensor:
        device_index(device)
        return random.default.get_state()

    def set_state(new_state: torch.Tensor, device: Any = "cuda") -> None:
        device_index(device)
        random.default.set_state(new_state.cpu())

    return {
        "manual_seed": random.manual_seed,
        "manual_seed_all": random.manual_seed,
        "seed": random.seed,
        "seed_all": random.seed,
        "initial_seed": lambda: random.default.initial_seed(),
        "get_rng_state": get_state,
        "set_rng_state": set_state,
        "get_rng_state_all": lambda: [get_state()],
        "set_rng_state_all": lambda states: set_state(states[0]),
        "default_generators": (random.default,),
    }


def replace_modules_of_cuda() -> None:
    """`torch.cuda.memory` and `torch.cuda.random` have names of their own for the same functions."""
    for module in (torch.cuda.memory, torch.cuda.random, torch.cuda.streams):
        for name in dir(module):
            if not name.startswith("__") and hasattr(torch.cuda, name):
                setattr(module, name, getattr(torch.cuda, name))


