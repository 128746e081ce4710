"""What stands in for packages' own kernels, without the packages."""

import types
import unittest
from unittest import mock

import numpy
import torch
from support import kernels

from emulated_cuda.weightless.bitsandbytes import SilentLibrary, native_cost
from emulated_cuda.weightless.clock import Clock, Machine
from emulated_cuda.weightless.cards import CARDS
from emulated_cuda.weightless.costs import EIGHTH, HALF
from emulated_cuda.weightless.gguf_files import TooShort, header_length, miss_kernels
from emulated_cuda.weightless.hollow import hollow, receive_hollow
from emulated_cuda.weightless.marks import is_unknown


class BitsAndBytes(unittest.TestCase):
    def test_kernels_take_time_and_do_nothing(self):
        clock = Clock(Machine.of(CARDS["H200"]))
        kernels().charges.clocks.append(clock)
        try:
            library = SilentLibrary(None, kernels())
            library.cgemm_4bit_bf16.argtypes = []
            library.cgemm_4bit_bf16(*[0] * 8, 512, 4096, 4096, 64, 2, 0)
            took = clock.busy
            library["something_new"]("a", 1.5)
        finally:
            kernels().charges.clocks.remove(clock)
        self.assertGreater(took, 2 * 512 * 4096 * 4096 / CARDS["H200"].half)
        self.assertGreater(clock.busy, took)

    def test_what_they_move_and_compute(self):
        product = native_cost("cgemm_4bit_bf16", (0,) * 8 + (2, 1024, 512, 64, 2, 0))
        self.assertEqual((product.operations, product.rate), (2 * 2 * 1024 * 512, HALF))
        self.assertEqual(product.traffic, 1024 * 512 / 2 + 2 * (2 * 512 + 2 * 1024))
        eighths = native_cost("cigemmlt_32", (0, 2, 1024, 512) + (0,) * 8)
        self.assertEqual((eighths.operations, eighths.rate), (2 * 2 * 1024 * 512, EIGHTH))
        unpacked = native_cost("cdequantize_blockwise_bf16_nf4", (0, 0, 0, 0, 64, 4096, 0))
        self.assertEqual(unpacked.traffic, 4096 * 2.5)
        # A release with other arguments.
        self.assertEqual(native_cost("cint8_vector_quant", (0,)).traffic, 0)


class Gguf(unittest.TestCase):
    def test_a_header_is_walked_through(self):
        with self.assertRaises(TooShort):
            header_length(b"GGUF" + (3).to_bytes(4, "little") + bytes([1]) + bytes(15))
        with self.assertRaisesRegex(ValueError, "version 9"):
            header_length(b"GGUF" + (9).to_bytes(4, "little") + bytes(16))
        with self.assertRaisesRegex(ValueError, "no GGUF file"):
            header_length(b"PK\3\4")
        self.assertEqual(header_length(b"GGUF" + (3).to_bytes(4, "little") + bytes(100)), 24)

    def test_kernels_of_a_card_are_missed(self):
        module = types.SimpleNamespace(get_gguf_kernel=lambda: False)
        miss_kernels(module, kernels())
        for found, lacks in ((None, 0), (object(), 1)):
            with mock.patch("importlib.util.find_spec", return_value=found):
                self.assertFalse(module.get_gguf_kernel())
            self.assertEqual(len(kernels().lacks), lacks)
        kernels().lacks.clear()


class Arrays(unittest.TestCase):
    def test_they_pass_through_numpy_without_values(self):
        real = torch.from_numpy
        receive_hollow(kernels().unknowns)
        try:
            array = hollow(kernels().unknowns, (2**15, 2**16), "float32")
            for same in (array, array.copy(), numpy.copy(array), array - 1, array.reshape(2**16, -1).T):
                tensor = torch.from_numpy(same)
                self.assertTrue(is_unknown(tensor))
                self.assertEqual((tensor.shape, tensor.dtype), ((2**15, 2**16), torch.float32))
            self.assertEqual(torch.from_numpy(array.astype("float16")).dtype, torch.float16)
            self.assertFalse(is_unknown(torch.from_numpy(numpy.ones(3))))
        finally:
            torch.from_numpy = real


if __name__ == "__main__":
    unittest.main()
