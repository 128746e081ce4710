"""Ahead-of-time compilation of a model without weights: nothing is compiled, and its time is that of compiled code."""

import types
import unittest

import torch
from support import kernels

from emulated_cuda.weightless.cards import CARDS
from emulated_cuda.weightless.clock import Clock, Machine
from emulated_cuda.weightless.compiled import Compiled, Exported, run_uncompiled
from emulated_cuda.weightless.marks import is_unknown


class Block(torch.nn.Module):
    """Element-wise operators between two products."""

    def __init__(self):
        super().__init__()
        self.first, self.second = torch.nn.Linear(1024, 1024), torch.nn.Linear(1024, 1024)

    def forward(self, data):
        return self.second(torch.nn.functional.gelu(self.first(data) * 2 + 1))


class AheadOfTime(unittest.TestCase):
    def setUp(self):
        export = torch.export.export
        self.addCleanup(setattr, torch.export, "export", export)
        self.real = []
        self.aoti = types.SimpleNamespace(
            aoti_compile=lambda program: self.real.append(program),
            aoti_apply=lambda compiled, module, call_method: self.real.append(compiled),
            aoti_blocks_load=None,
        )
        run_uncompiled(self.aoti, kernels())
        self.clock = Clock(Machine.of(CARDS["H200"]))
        kernels().charges.clocks.append(self.clock)
        self.addCleanup(kernels().charges.clocks.remove, self.clock)

    def kernels_of(self, module):
        self.clock.reset()
        with torch.no_grad():
            output = module(torch.randn(512, 1024, device="cuda"))
        self.assertTrue(is_unknown(output))
        return self.clock.kernels

    def test_a_model_is_applied_to_itself(self):
        model = torch.nn.Sequential(Block(), Block()).to("cuda")
        apart = self.kernels_of(model)
        exported = torch.export.export(model, (torch.zeros(1, 1024, device="cuda"),))
        self.assertIsInstance(exported.run_decompositions({}), Exported)
        compiled = self.aoti.aoti_compile(exported)
        self.assertIsInstance(compiled, Compiled)
        self.aoti.aoti_apply(compiled, model)
        # Three element-wise operators of each block are one kernel.
        self.assertEqual(apart - self.kernels_of(model), 4)
        self.assertFalse(self.clock.is_compiled)
        self.assertEqual(self.real, [])

    def test_blocks_of_the_hub_are_not_loaded(self):
        model = torch.nn.Sequential(Block(), Block()).to("cuda")
        model._repeated_blocks = ["Block"]
        apart = self.kernels_of(model)
        self.aoti.aoti_blocks_load(model, "ada/compiled")
        self.assertEqual(apart - self.kernels_of(model), 4)

    def test_a_model_with_values_is_compiled(self):
        self.aoti.aoti_compile("a real program")
        self.assertEqual(self.real, ["a real program"])


if __name__ == "__main__":
    unittest.main()
