"""Tables of virtual functions of C++ objects: found, checked, and replaced by a changed copy.

Which entry is which is read from the headers that come with PyTorch, since the order differs between
releases (Itanium C++ ABI: entries in the order of declaration). What the headers say is checked before
anything is written: every entry must point at code, and some functions must answer as they do. They are
called in a child process, which may crash where this one must not.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import re
import struct
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch

from .support import UnsupportedTorch

_P = ctypes.c_void_p
_kept: list[Any] = []

CHECK_FAIL_SYMBOL = "_ZN3c106detail14torchCheckFailEPKcS2_jS2_"


class Slots:
    """Names of a class's virtual functions in the order of its table."""

    def __init__(self, header: str, inherited: Slots | None = None) -> None:
        """
        Args:
            header: the header that declares the class, below PyTorch's include folder.
            inherited: slots of the base class; functions declared again take their base's entries.
        """
        self.header = header
        self.names: list[str] = list(inherited.names) if inherited else []
        # A function that promises to throw nothing ends the process if it does.
        self.may_throw: set[str] = set(inherited.may_throw) if inherited else set()
        path = os.path.join(os.path.dirname(torch.__file__), "include", header)
        try:
            with open(path, encoding="utf-8") as file:
                text = re.sub(r"//[^\n]*|/\*.*?\*/", "", file.read(), flags=re.DOTALL)
        except OSError:
            raise surprise(f"it has no {header}") from None
        text = _without_rocm(text)
        # A later class of the same file derives from this one: its functions have no `virtual`.
        for match in re.finditer(r"\bvirtual\s+[^;{]*?(~?\w+)\s*\(([^;{]*)", text):
            name = match.group(1)
            if name in self.names or (inherited and name.startswith("~")):
                continue
            # A destructor takes two entries.
            self.names += [f"{name}#1", name] if name.startswith("~") else [name]
            if "noexcept" not in match.group(2):
                self.may_throw.add(name)

    def index(self, name: str) -> int:
        """Position in the table; raises UnsupportedTorch when there is no such function."""
        try:
            return self.names.index(name)
        except ValueError:
            raise surprise(f"{self.header} declares no {name}") from None


class Table:
    """A copy of an object's table, with some entries replaced."""

    def __init__(self, object_address: int, slots: Slots) -> None:
        self.slots = slots
        self._object = object_address
        table = _P.from_address(object_address).value if object_address else None
        # Two more than are known of: a class may add entries to those of its interface.
        count = len(slots.names) + 2
        if not _is_mapped(table, count * ctypes.sizeof(_P)):
            raise surprise(f"it has no object of {slots.header}")
        self.entries = (_P * count).from_buffer_copy((_P * count).from_address(table or 0))
        _kept.append(self)

    @property
    def address(self) -> int:
        """What an object's first word has to be, to use this table."""
        return ctypes.addressof(self.entries)

    def ask(self, name: str, result: Any) -> Any:
        """Calls a function without arguments through its entry, on the original object."""
        address = self.entries[self.slots.index(name)] or 0
        function = ctypes.CFUNCTYPE(result, _P)(address)
        return function(self._object)

    def check(self, expected: Mapping[str, tuple[Any, Iterable[Any]]]) -> None:
        """Raises UnsupportedTorch unless functions of the table answer as they must.

        Args:
            expected: name to the type of the answer and the answers that are right.
        """
        for name in expected:
            self.slots.index(name)
        code = _mapped("x")
        if not all(
            any(start <= (entry or 0) < end for start, end in code)
            for entry in self.entries[: len(self.slots.names)]
        ):
            raise surprise(f"{self.slots.header} declares more functions than there are")
        if not _child_agrees(
            lambda: all(self.ask(name, kind) in right for name, (kind, right) in expected.items())
        ):
            raise surprise(f"the functions of {self.slots.header} are in another order")

    def fill(self, entries: Mapping[str, Any]) -> None:
        """Replaces entries; names that this release does not have are left out."""
        for index, name in enumerate(self.slots.names):
            if name in entries:
                self.entries[index] = ctypes.cast(entries[name], _P).value


def _without_rocm(text: str) -> str:
    """A header as the compiler read it: the functions for AMD's cards are not in CUDA's and CPU builds."""
    return re.sub(
        r"^[ \t]*#\s*if(?:def| defined\()\s*USE_ROCM\b.*?^[ \t]*#\s*endif",
        "",
        text,
        flags=re.DOTALL | re.MULTILINE,
    )


def _mapped(permission: str) -> list[tuple[int, int]]:
    """Addresses of this process with a permission of /proc/self/maps: start, and the end after the last."""
    spans = []
    with open("/proc/self/maps", encoding="utf-8") as maps:
        for line in maps:
            span, permissions = line.split()[:2]
            if permission in permissions:
                start, _, end = span.partition("-")
                spans.append((int(start, 16), int(end, 16)))
    return spans


def _is_mapped(address: int | None, size_bytes: int) -> bool:
    return address is not None and any(
        start <= address and address + size_bytes <= end for start, end in _mapped("r")
    )


def surprise(what: str) -> UnsupportedTorch:
    """The error of a PyTorch whose inside is not as its headers promise."""
    return UnsupportedTorch(
        f"PyTorch {torch.__version__} can't be given an emulated GPU: {what}. "
        "Releases that can: docs/emulated-cuda.md, for example torch==2.8.0"
    )


def function(result: Any, body: Callable[..., Any], *arguments: Any) -> Any:
    """A C function whose first argument is the object; kept for the life of the process."""
    made = ctypes.CFUNCTYPE(result, _P, *arguments)(body)
    _kept.append(made)
    return made


def machine_code(code: bytes) -> Any:
    """A C function of given instructions."""
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    _kept.append(page)
    return _P(ctypes.addressof(ctypes.c_char.from_buffer(page)))


def thrower(message: str) -> Any:
    """A C function of any signature that throws PyTorch's own exception: RuntimeError in Python.

    A ctypes callback can't throw. These instructions load the arguments of `c10::detail::torchCheckFail`
    and jump there, so that the exception passes none of our frames.
    """
    library = ctypes.CDLL(library_path("libc10.so"))
    target = ctypes.cast(getattr(library, CHECK_FAIL_SYMBOL), _P).value or 0
    text = ctypes.create_string_buffer(message.encode())
    place = ctypes.create_string_buffer(b"emulated_cuda")
    _kept.extend([text, place])
    text_at, place_at = ctypes.addressof(text), ctypes.addressof(place)
    if platform.machine() == "aarch64":
        # ldr x0, place; ldr x1, place; mov w2, 0; ldr x3, text; ldr x16, target; br x16
        opcodes = (0x580000C0, 0x580000E1, 0x52800002, 0x580000E3, 0x58000110, 0xD61F0200)
        code = struct.pack("<6I4Q", *opcodes, place_at, place_at, text_at, target)
    else:
        # mov rdi, place; mov rsi, place; mov edx, 0; mov rcx, text; mov rax, target; jmp rax
        code = b"".join(
            [
                b"\x48\xbf" + struct.pack("<Q", place_at),
                b"\x48\xbe" + struct.pack("<Q", place_at),
                b"\xba" + struct.pack("<I", 0),
                b"\x48\xb9" + struct.pack("<Q", text_at),
                b"\x48\xb8" + struct.pack("<Q", target),
                b"\xff\xe0",
            ]
        )
    return machine_code(code)


def library_path(name: str) -> str:
    """One of PyTorch's shared libraries."""
    return os.path.join(os.path.dirname(torch.__file__), "lib", name)


def _child_agrees(question: Callable[[], bool]) -> bool:
    """Asks in a child process: a wrong entry may crash, and ends the child alone."""
    with warnings.catch_warnings():
        # Python 3.12 and newer: the child calls one C function and exits, whatever threads there are.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        answer = 1
        try:
            # A crash is an answer, not a message for the log.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            answer = 0 if question() else 1
        finally:
            os._exit(answer)
    return os.waitpid(child, 0)[1] == 0
