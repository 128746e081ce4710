"""Device-side assertions: the call returns, the next one that waits raises, and so does each after it."""

import contextlib
import io
import os
import unittest
from unittest import mock

from support import DeviceTest

import torch
import torch.nn.functional as F

from emulated_cuda.install import _installed

D = "cuda"
LINE = (
    r"^\.\./aten/src/ATen/native/cuda/\w+\.cu:\d+: \w+(\(\))?: block: \[0,0,0\], thread: \[0,0,0\] "
    "Assertion `.*` failed\\.$"
)


class Asserts(DeviceTest):
    def setUp(self):
        super().setUp()
        self.x, self.far = torch.ones(4, 3, device=D), torch.tensor([1, 9], device=D)

    def tearDown(self):
        self.forget()

    def forget(self):
        """As a new process has it: no card forgets this."""
        context = _installed[2].context
        context.failed = context._reported = False

    def lines_of(self, action):
        """What the device prints on stderr while an action runs."""
        with contextlib.redirect_stderr(io.StringIO()) as printed:
            action()
        return printed.getvalue().splitlines()

    def raises(self, action):
        """The message with which an action reports the failure."""
        with self.assertRaises(getattr(torch, "AcceleratorError", RuntimeError)) as caught:
            action()
        message = str(caught.exception)
        self.assertTrue(message.startswith("CUDA error: device-side assert triggered\n"), message)
        return message

    def break_device(self):
        self.lines_of(lambda: self.x[self.far])

    def test_each_kernel_that_checks_values(self):
        x, far = self.x, self.far
        one = far[:, None]
        for words, shape, action in (
            ("-sizes[i] <= index", (2, 3), lambda: x[far]),
            ("-sizes[i] <= index", (4, 2), lambda: x[:, far]),
            ("-sizes[i] <= index", (2, 3), lambda: x[-far]),
            ("-sizes[i] <= index", (2, 3), lambda: x[[1, 9]]),
            ("srcIndex < srcSelectDimSize", (2, 3), lambda: x.index_select(0, far)),
            ("srcIndex < srcSelectDimSize", (2, 3), lambda: F.embedding(far, x)),
            ("srcIndex < srcSelectDimSize", (2, 3), lambda: torch.nn.Embedding(4, 3, device=D)(far)),
            ("ScatterGatherKernel.cu", (2, 1), lambda: x.gather(0, one)),
            ("ScatterGatherKernel.cu", (4, 3), lambda: x.scatter(0, one, 1.0)),
            ("ScatterGatherKernel.cu", (4, 3), lambda: x.scatter_(0, one, 1.0)),
            ("ScatterGatherKernel.cu", (4, 3), lambda: x.scatter_add_(0, one, x.clone())),
            ("ScatterGatherKernel.cu", (4, 3), lambda: x.scatter_reduce(0, one, x, "sum")),
            ("ScatterGatherKernel.cu", (2, 5), lambda: F.one_hot(far, 5)),
            ("dstIndex < dstAddDimSize", (4, 3), lambda: x.index_add_(0, far, x[:2].clone())),
            ("index_copy_(): index out of bounds", (4, 3), lambda: x.index_copy_(0, far, x[:2].clone())),
            ("Index out of bounds", (4, 3), lambda: x.index_fill_(0, far, 1.0)),
            ("-sizes[i] <= index", (4, 3), lambda: x.index_put_((far,), x[0].clone())),
            ("cuda_take_put_kernel() index out of bounds", (2,), lambda: x.take(far * 9)),
            ("Loss.cu", (), lambda: F.cross_entropy(x[:2], far)),
            ("NLLLoss2d.cu", (), lambda: F.cross_entropy(x.T[None, :, :, None], far.new_full((1, 4, 1), 9))),
            ("t >= 0 && t < n_classes", (), lambda: F.nll_loss(x[:2], far)),
            ("input_val >= zero && input_val <= one", (), lambda: F.binary_cross_entropy(x * 3, x)),
            ("contains either `inf`, `nan`", (4, 1), lambda: torch.multinomial(x * float("nan"), 1)),
            ("input[emb] < numRows", (1, 3), lambda: F.embedding_bag(far, x, far.new_zeros(1))),
        ):
            results = []
            printed = self.lines_of(lambda action=action, results=results: results.append(action()))
            self.assertEqual(tuple(results[0].shape), shape, words)
            self.assertEqual(results[0].device.type, "cuda")
            self.assertEqual(len(printed), 1, words)
            self.assertRegex(printed[0], LINE)
            self.assertIn(words, printed[0])
            self.raises(torch.cuda.synchronize)
            self.forget()

    def test_the_next_call_that_waits_raises_and_every_launch_after_it(self):
        x = self.x
        self.break_device()
        # Its kernel is started like any other.
        self.assertEqual((x + 1).shape, (4, 3))
        message = self.raises(x.cpu)
        self.assertIn("\nFor debugging consider passing CUDA_LAUNCH_BLOCKING=1\n", message)
        for action in (
            *(lambda: x + 1, lambda: x.sum().item(), lambda: torch.ones(3).to(D), lambda: torch.zeros(3, device=D)),
            *(lambda: torch.rand(3, device=D), lambda: x @ x.T, lambda: x.copy_(x), lambda: F.dropout(x)),
            *(torch.cuda.synchronize, torch.cuda.mem_get_info, lambda: torch.cuda.Event().record()),
            *(lambda: torch.tensor([1.0], device=D), lambda: repr(x)),
        ):
            self.raises(action)

    def test_what_does_not_reach_the_device_goes_on(self):
        self.break_device()
        self.raises(torch.cuda.synchronize)
        self.assertEqual(self.x.view(3, 4).shape, (3, 4))
        self.assertEqual((torch.ones(3) + 1).sum().item(), 6)
        self.assertTrue(torch.cuda.is_available())
        self.assertGreater(torch.cuda.memory_allocated(), 0)
        torch.cuda.empty_cache()
        torch.cuda.manual_seed(1)
        self.assertEqual((self.x[:0] + 1).shape, (0, 3))

    def test_each_way_to_wait(self):
        for wait in (
            lambda y: torch.cuda.synchronize(),
            lambda y: torch.cuda.current_stream().synchronize(),
            lambda y: torch.cuda.current_stream().query(),
            lambda y: y.tolist(),
            lambda y: y[0, 0].item(),
            lambda y: bool(y.any()),
            lambda y: y.nonzero(),
            lambda y: y[y > 0],
            lambda y: y.unique(),
            lambda y: y.to("cpu"),
        ):
            y = self.x.clone()
            self.break_device()
            self.raises(lambda wait=wait, y=y: wait(y))
            self.forget()

    def test_launches_that_block_raise_at_once_without_the_hint(self):
        with mock.patch.dict(os.environ, CUDA_LAUNCH_BLOCKING="1"):
            message = self.raises(self.break_device)
        self.assertNotIn("asynchronously", message)

    def test_what_the_host_checks_is_raised_by_the_call_alone(self):
        x, far = self.x, self.far
        for action in (
            lambda: x[9],
            lambda: x[torch.tensor([True, False], device=D)],
            lambda: x.index_put_((far,), x[:2].clone(), accumulate=True),
            lambda: x.gather(5, far[:, None]),
            lambda: x.index_select(7, far),
        ):
            with self.assertRaises(IndexError):
                action()
        self.assertEqual(x[0].tolist(), [1.0, 1.0, 1.0])


if __name__ == "__main__":
    unittest.main()
