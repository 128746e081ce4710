"""Tables of C++ functions that are not as expected: UnsupportedTorch, and never a crash."""

import os
import sys
import unittest
from pathlib import Path
from unittest import mock

os.environ["ZEROGPU_EMULATED_VRAM_BYTES"] = str(4 * 2**30)
sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "src/gpu/mock"))

import torch
from attempts import attempt

import emulated_cuda
from emulated_cuda import cxx, tables

GUARD = "c10/core/impl/DeviceGuardImplInterface.h"
HOOKS = "ATen/detail/CUDAHooksInterface.h"


def install_with(change, header):
    """Installs the device where a header declares other functions than the library has."""
    read = tables.Slots.__init__

    def misread(slots, name, inherited=None):
        read(slots, name, inherited)
        if name == header:
            slots.names = change(slots.names)

    with mock.patch.object(tables.Slots, "__init__", misread):
        emulated_cuda.install(torch)
    return use_device()


def use_device():
    """Goes through the guard and the hooks: factories, indexing, autograd, streams, pinned memory."""
    ones = torch.ones(3, device="cuda", requires_grad=True)
    ones[torch.tensor([0, 1])].sum().backward()
    torch.cuda.Stream()
    torch.cuda.synchronize()
    return [torch.cuda.device_count(), ones.grad.tolist(), torch.ones(2).pin_memory().is_pinned()]


WORKING = ("ok", [1, [1.0, 1.0, 0.0], True])


def place_of(name, header):
    slots = tables.Slots(header) if header == GUARD else cxx.hook_slots()
    return slots.index(name)


class WrongTables(unittest.TestCase):
    def assert_unsupported(self, change, header):
        kind, words = attempt(lambda: install_with(change, header))
        self.assertEqual(kind, "UnsupportedTorch", words)
        self.assertTrue(words.startswith(f"PyTorch {torch.__version__} can't be given"), words)

    def test_the_right_ones_work(self):
        self.assertEqual(attempt(lambda: install_with(list, GUARD)), WORKING)

    def test_a_function_fewer(self):
        for header, last in ((GUARD, "deviceCount"), (HOOKS, "getNumGPUs")):
            for place in range(0, place_of(last, header) + 1, 2):
                with self.subTest(header=header, place=place):
                    self.assert_unsupported(lambda names: names[:place] + names[place + 1 :], header)

    def test_functions_more(self):
        for header in (GUARD, HOOKS):
            for place in (0, 2, 5):
                with self.subTest(header=header, place=place):
                    more = ["one", "two", "three"]
                    self.assert_unsupported(lambda names: names[:place] + more + names[place:], header)

    def test_another_order(self):
        for header in (GUARD, HOOKS):
            for shift in (1, 2, 7, -3):
                with self.subTest(header=header, shift=shift):
                    self.assert_unsupported(lambda names: names[shift:] + names[:shift], header)
            self.assert_unsupported(lambda names: names[::-1], header)

    def test_many_more_than_there_are(self):
        for count in (40, 2_000, 10_000_000):
            self.assert_unsupported(lambda names: names + ["more"] * count, GUARD)

    def test_any_pair_swapped_ends_without_a_crash(self):
        for header, last in ((GUARD, "deviceCount"), (HOOKS, "getNumGPUs")):
            for place in range(0, place_of(last, header), 3):
                def swapped(names):
                    return names[:place] + names[place : place + 2][::-1] + names[place + 2 :]

                kind, words = attempt(lambda: install_with(swapped, header))
                self.assertNotEqual(kind, "crashed", (header, place, words))


class WithoutTables(unittest.TestCase):
    def assert_unsupported(self, *patches):
        def install():
            for target, name, value in patches:
                setattr(target, name, value)
            emulated_cuda.install(torch)

        self.assertEqual(attempt(install)[0], "UnsupportedTorch")

    def test_no_symbol_of_that_name(self):
        self.assert_unsupported((cxx, "GUARD_TABLE_SYMBOL", "_ZN3c104impl7anotherE"))
        self.assert_unsupported((cxx, "HOOKS_SYMBOL", "_ZN2at6detail7anotherEv"))

    def test_no_header_or_library_of_that_name(self):
        self.assert_unsupported((cxx, "library_path", lambda name: f"/nowhere/{name}"))
        self.assert_unsupported((cxx, "hook_slots", lambda: tables.Slots("ATen/another.h")))

    def test_no_object(self):
        empty = (cxx.ctypes.c_void_p * 32)()
        self.assert_unsupported((cxx, "_registry", lambda: empty))
        self.assert_unsupported((cxx, "_hooks_address", lambda: 0))

    def test_an_object_whose_table_is_elsewhere(self):
        for address in (8, 0xDEAD_BEEF_0000):
            astray = cxx.ctypes.c_void_p(address)
            self.assert_unsupported(
                (cxx, "_hooks_address", lambda astray=astray: cxx.ctypes.addressof(astray))
            )

    def test_nothing_was_changed_before(self):
        def install():
            # This one is checked last.
            cxx._hooks_address = lambda: 0
            before = vars(torch._C).copy(), vars(torch.cuda).copy(), vars(torch.Tensor).copy()
            try:
                emulated_cuda.install(torch)
            except emulated_cuda.UnsupportedTorch:
                return before == (vars(torch._C), vars(torch.cuda), vars(torch.Tensor))

        self.assertEqual(attempt(install), ("ok", True))


class FunctionsForOtherCards(unittest.TestCase):
    def test_what_only_rocm_builds_have_is_left_out(self):
        self.assertNotIn("isGPUArch", cxx.hook_slots().names)


if __name__ == "__main__":
    unittest.main()
