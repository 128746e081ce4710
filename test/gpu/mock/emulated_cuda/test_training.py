"""Modules, gradients, random numbers, and what has to be refused."""

import unittest

import torch
from support import DeviceTest

try:
    from torch.nn.attention import SDPBackend, sdpa_kernel
except ImportError:
    # Before PyTorch 2.3.
    sdpa_kernel = None


class Modules(DeviceTest):
    def test_recurrent_and_convolutional_layers(self):
        for make, shape in (
            (lambda: torch.nn.LSTM(4, 5, 2), (3, 2, 4)),
            (lambda: torch.nn.GRU(4, 5), (3, 2, 4)),
            (lambda: torch.nn.Conv2d(3, 4, 3), (1, 3, 9, 9)),
            (lambda: torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval(), (2, 3, 8)),
            (lambda: torch.nn.BatchNorm1d(4), (8, 4)),
        ):
            module, x = make(), torch.randn(*shape)
            first = module(x)
            moved = module.cuda()(x.cuda())
            if isinstance(first, tuple):
                first, moved = first[0], moved[0]
            with self.subTest(type(module).__name__):
                self.assert_same(moved, first)

    def test_gradients_and_an_optimizer(self):
        def train(device):
            torch.manual_seed(1)
            net = torch.nn.Sequential(
                torch.nn.Linear(8, 8), torch.nn.LayerNorm(8), torch.nn.GELU(), torch.nn.Linear(8, 1)
            ).to(device)
            optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
            data = torch.linspace(-1, 1, 32).reshape(4, 8).to(device)
            for _ in range(3):
                optimizer.zero_grad()
                loss = net(data).pow(2).mean()
                loss.backward()
                optimizer.step()
            self.assertEqual(net[0].weight.grad.device.type, device)
            return loss.cpu()

        torch.testing.assert_close(train("cuda"), train("cpu"))

    def test_attention_has_gradients(self):
        def gradient(device):
            torch.manual_seed(2)
            q = torch.randn(1, 2, 4, 8).to(device).requires_grad_()
            torch.nn.functional.scaled_dot_product_attention(q, q, q).sum().backward()
            return q.grad

        self.assert_same(gradient("cuda"), gradient("cpu"))

    @unittest.skipIf(sdpa_kernel is None, "this PyTorch has no choice of backends")
    def test_every_attention_backend_answers(self):
        q = torch.randn(1, 2, 4, 8, dtype=torch.bfloat16)
        expected = torch.nn.functional.scaled_dot_product_attention(q, q, q)
        for backend in SDPBackend.MATH, SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION:
            with sdpa_kernel(backend):
                here = q.cuda()
                answer = torch.nn.functional.scaled_dot_product_attention(here, here, here)
                torch.testing.assert_close(answer.cpu(), expected, rtol=2e-2, atol=2e-2)

    def test_gradients_that_are_zero(self):
        x = torch.randn(3, device="cuda", requires_grad=True)
        self.assert_same(torch.autograd.grad(x.sgn().sum(), x)[0], torch.zeros(3))

    def test_half_precision_norms_round_as_the_cpus(self):
        x, weight = torch.randn(4, 6).half(), torch.randn(6).half()
        here = torch.nn.functional.layer_norm(x.cuda(), (6,), weight.cuda(), weight.cuda()).cpu()
        try:
            expected = torch.nn.functional.layer_norm(x, (6,), weight, weight)
        except RuntimeError:
            # No kernel for half precision before PyTorch 2.2: computed in single precision then.
            wide = weight.float()
            expected = torch.nn.functional.layer_norm(x.float(), (6,), wide, wide).half()
        self.assertTrue(here.equal(expected))

    def test_half_precision_without_a_kernel_on_the_cpu(self):
        x = torch.randn(4, 4)
        here = x.half().cuda()
        for operation in (
            lambda t: t @ t,
            lambda t: torch.linalg.inv(t.float()).to(t.dtype) @ t,
            lambda t: torch.nn.functional.softmax(t, -1),
            lambda t: torch.nn.functional.conv2d(t[None, None], t[None, None, :2, :2]),
            lambda t: t.clone().add_(t),
            lambda t: torch.cumsum(t, 0),
        ):
            result = operation(here)
            self.assertEqual(result.dtype, torch.float16)
            torch.testing.assert_close(
                result.cpu().float(), operation(x.half().float()), rtol=2e-2, atol=2e-2
            )

    def test_softmax_of_half_precision_in_single_precision(self):
        x = torch.randn(4, 6).half()
        for softmax in torch.softmax, torch.log_softmax:
            here, wide = x.cuda().requires_grad_(), x.float().requires_grad_()
            result, expected = softmax(here, -1, dtype=torch.float32), softmax(wide, -1)
            self.assert_same(result, expected)
            weight = torch.randn(4, 6)
            (result * weight.cuda()).sum().backward()
            (expected * weight).sum().backward()
            self.assert_same(here.grad, wide.grad.half())

    def test_tracing_sees_the_weights(self):
        module = torch.nn.Linear(3, 3).cuda()
        x = torch.randn(2, 3, device="cuda")
        with torch.no_grad():
            traced = torch.jit.trace(module, x)
            module.weight.zero_()
            self.assert_same(traced(x), module.bias.cpu().expand(2, 3))

    def test_autocast(self):
        x = torch.randn(4, 4, device="cuda")
        with torch.autocast("cuda", dtype=torch.bfloat16):
            self.assertEqual((x @ x).dtype, torch.bfloat16)


class RandomNumbers(DeviceTest):
    def test_the_devices_stream_is_its_own(self):
        torch.manual_seed(0)
        first = torch.randn(4, device="cuda").cpu()
        torch.manual_seed(0)
        torch.randn(5)
        torch.testing.assert_close(torch.randn(4, device="cuda").cpu(), first)
        state = torch.cuda.get_rng_state()
        second = torch.rand(2, device="cuda").cpu()
        torch.cuda.set_rng_state(state)
        torch.testing.assert_close(torch.rand(2, device="cuda").cpu(), second)

    def test_generators_belong_to_a_device(self):
        generator = torch.Generator("cuda").manual_seed(5)
        one = torch.randn(2, generator=generator, device="cuda").cpu()
        generator.manual_seed(5)
        torch.testing.assert_close(torch.randn(2, generator=generator, device="cuda").cpu(), one)
        with self.assertRaisesRegex(RuntimeError, "Expected a 'cuda' device type for generator"):
            torch.randn(2, generator=torch.Generator().manual_seed(1), device="cuda")


class Surface(DeviceTest):
    def test_the_card_is_an_h200_slice(self):
        self.assertTrue(torch.cuda.is_available())
        self.assertEqual(torch.cuda.device_count(), 1)
        self.assertIn("H200", torch.cuda.get_device_name())
        self.assertEqual(torch.cuda.get_device_capability(), (9, 0))
        if hasattr(torch, "accelerator"):
            self.assertEqual(torch.accelerator.current_accelerator().type, "cuda")

    def test_there_is_no_second_card(self):
        for attempt in (
            lambda: torch.cuda.set_device(1),
            lambda: torch.cuda.device(1).__enter__(),
            lambda: torch.cuda.memory_allocated(1),
        ):
            with self.assertRaisesRegex(RuntimeError, "invalid device ordinal"):
                attempt()
        with self.assertRaisesRegex(AssertionError, "Invalid device id"):
            torch.cuda.get_device_properties(1)

    def test_graphs_are_refused_in_words(self):
        with self.assertRaisesRegex(RuntimeError, "CUDA graphs are not available"):
            with torch.cuda.graph(torch.cuda.CUDAGraph()):
                pass

    def test_marks_for_profilers_do_nothing(self):
        with torch.cuda.nvtx.range("step"):
            torch.cuda.nvtx.mark("here")

    def test_streams_and_events(self):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        with torch.cuda.stream(torch.cuda.Stream()):
            torch.ones(8, device="cuda").sum()
        end.record()
        torch.cuda.synchronize()
        self.assertGreaterEqual(start.elapsed_time(end), 0.0)

    def test_compile_says_what_the_platform_offers_instead(self):
        with self.assertRaisesRegex(RuntimeError, "ZeroGPU does not support torch.compile. Compile ahead of time"):
            torch.compile(torch.nn.Linear(2, 2).cuda())(torch.ones(1, 2, device="cuda"))


if __name__ == "__main__":
    unittest.main()
