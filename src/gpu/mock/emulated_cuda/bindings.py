"""`torch._C._cuda_*`: the C++ names on which PyTorch's own `torch.cuda` stands.

A CPU build lacks most of them, and a CUDA build's ask a driver. With these, everything that PyTorch
does in Python (lazy initialisation, queued seeds, counters, devices) is PyTorch's own code: in the
app's main process, where there is no driver, as well as in a worker.
"""

from __future__ import annotations

from typing import Any

import torch

from .card import DeviceProperties, Runtime
from .config import Config
from .driver import Driver
from .errors import invalid_device
from .memory import memory_bindings
from .meter import Meter
from .rng import DeviceRandom
from .streams import current_stream_id, external_id, require_runtime, set_current_stream

# What CUDA builds of 2025 ship (9.10.2).
CUDNN_VERSION = 91002
NVTX_ANSWERS = {"rangePushA": -2, "rangePop": -2, "markA": None, "rangeStartA": 0, "rangeEnd": None}
# Stream's id, device's index, and its type: 1 is CUDA.
DEFAULT_STREAM = (0, 0, 1)


def replace_bindings(
    driver: Driver, config: Config, meter: Meter, random: DeviceRandom
) -> None:
    """`torch._C._cuda_*`: PyTorch's own `torch.cuda` stands on these names.

    A CPU build lacks them; a CUDA build's ask a driver. What asks none is kept where it exists.
    """
    _drivers.append(driver)
    names = {**presence(driver), **streams(driver, meter), **memory_bindings(driver, meter)}
    for name, value in names.items():
        setattr(torch._C, name, value)
    for name, value in constants(config).items():
        if not hasattr(torch._C, name):
            setattr(torch._C, name, value)
    _replace_captured_names(config, meter)
    driver.at_start(lambda: setattr(torch.cuda, "default_generators", (random.default,)))
    if not torch.version.cuda:
        torch.version.cuda = "12.8"
    torch.backends.cuda.is_built = lambda: True
    # Convolutions must not choose cuDNN; that it is there is what programs ask.
    torch._C._set_cudnn_enabled(False)
    torch.backends.cudnn.is_available = lambda: True
    torch.backends.cudnn.version = lambda: CUDNN_VERSION
    torch.backends.cuda.is_flash_attention_available = lambda: True
    marks = torch.cuda.nvtx._nvtx
    # What NVTX answers while no profiler listens.
    for name, answer in NVTX_ANSWERS.items():
        setattr(marks, name, _always(answer))


def _always(answer: Any) -> Any:
    return lambda *args: answer


def presence(driver: Driver) -> dict[str, Any]:
    """What tells which devices there are, and chooses one.

    Where PyTorch's C++ initialises CUDA through Python (`torch.cuda._lazy_init`), so does this.
    """

    def only_device(index: int) -> int:
        if index not in (0, -1):
            raise invalid_device(index)
        return 0

    def initialised(result: Any) -> Any:
        torch.cuda._lazy_init()
        return result

    def choose(index: int) -> int:
        torch.cuda._lazy_init()
        return only_device(index)

    def set_device(index: int) -> None:
        choose(index)

    def has_context(index: int) -> bool:
        if not driver.visible():
            raise RuntimeError(
                f"hasPrimaryContext expects a valid device index, but got device_index={index}"
            )
        return driver.initialised

    return {
        "_cuda_init": driver.initialise,
        "_cuda_getDeviceCount": driver.count,
        "_cuda_isInBadFork": is_in_bad_fork,
        "_cuda_getDevice": lambda: initialised(0),
        "_cuda_setDevice": set_device,
        "_cuda_exchangeDevice": choose,
        "_cuda_maybeExchangeDevice": choose,
        "_cuda_canDeviceAccessPeer": lambda device, peer: initialised(False),
        "_cuda_hasPrimaryContext": has_context,
    }


# Asked in a child process by `spaces`, which sends it there pickled: by its name in this module.
_drivers: list[Driver] = []


def is_in_bad_fork() -> bool:
    """Whether the parent process had touched CUDA before it forked this one."""
    return any(driver.in_bad_fork for driver in _drivers)


def streams(driver: Driver, meter: Meter) -> dict[str, Any]:
    """Work is done when a call returns: nothing is to be waited for on any stream."""

    def running(result: Any) -> Any:
        require_runtime(driver)
        return result

    def wait() -> None:
        require_runtime(driver)
        driver.context.wait()

    def choose(stream_id: int = 0, *_: Any, **__: Any) -> None:
        require_runtime(driver)
        set_current_stream(stream_id)
        # Asked with every allocation from now on; programs with one stream are spared that.
        if stream_id:
            meter.stream = current_stream_id

    return {
        "_cuda_getCurrentStream": lambda index: running((current_stream_id(), *DEFAULT_STREAM[1:])),
        "_cuda_getDefaultStream": lambda index: running(DEFAULT_STREAM),
        "_cuda_getStreamFromExternal": lambda pointer, index: running(
            (external_id(pointer), *DEFAULT_STREAM[1:])
        ),
        "_cuda_getCurrentRawStream": lambda index=0: running(0),
        "_cuda_getCurrentBlasHandle": lambda: running(0),
        "_cuda_setStream": choose,
        "_cuda_synchronize": wait,
        "_cuda_sleep": lambda cycles: running(None),
        "_cuda_isCurrentStreamCapturing": lambda: running(False),
        "_cuda_ipc_collect": lambda: None,
        "_cuda_get_sync_debug_mode": lambda: running(0),
        "_cuda_set_sync_debug_mode": lambda mode: running(None),
        "_cuda_lock_mutex": lambda: None,
        "_cuda_unlock_mutex": lambda: None,
    }


def constants(config: Config) -> dict[str, Any]:
    """What a CUDA build knows without asking."""
    major, minor = config.capability
    return {
        "_cuda_getCompiledVersion": lambda: 12080,
        "_cuda_getArchFlags": lambda: f"sm_{major}{minor}",
        "_cuda_getAllocatorBackend": lambda: "native",
        "_cuda_tunableop_is_enabled": lambda: False,
        "_cuda_record_untuned_is_enabled": lambda: False,
    }


def _replace_captured_names(config: Config, meter: Meter) -> None:
    """Names that PyTorch's Python modules have taken from the C++ module already."""
    cuda = torch.cuda
    properties = DeviceProperties(config)
    cuda._is_in_bad_fork = is_in_bad_fork
    cuda._cudart = Runtime(meter)
    cuda._exchange_device = torch._C._cuda_exchangeDevice
    cuda._maybe_exchange_device = torch._C._cuda_maybeExchangeDevice
    cuda._get_device_properties = lambda index: properties
    cuda.graphs._cuda_isCurrentStreamCapturing = torch._C._cuda_isCurrentStreamCapturing
    cuda.graphs._graph_pool_handle = lambda: (0, 1)
    # Cards of this machine must not be counted: the device is another one.
    cuda._device_count_nvml = lambda: -1
    cuda._raw_device_count_nvml = lambda: -1
