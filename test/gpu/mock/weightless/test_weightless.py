"""What has values and what has none, what is made up, and what nothing costs."""

import copy
import unittest

import torch
from support import kernels, resident_bytes

from emulated_cuda.weightless.cards import CARDS
from emulated_cuda.weightless.clock import Clock, Machine
from emulated_cuda.weightless.costs import HALF, PRODUCT, TRAFFIC, Cost
from emulated_cuda.weightless.marks import is_unknown
from emulated_cuda.weightless.reserve import Reservation

GIB = 2**30


class Values(unittest.TestCase):
    def test_what_steers_a_program_is_computed(self):
        ids = torch.arange(6, device="cuda").reshape(2, 3)
        self.assertEqual((ids * 2 + 1).tolist(), [[1, 3, 5], [7, 9, 11]])
        mask = torch.ones(4096, 4096, dtype=torch.bool, device="cuda").tril()
        self.assertEqual(int(mask.sum()), 4096 * 4097 // 2)
        steps = torch.linspace(1.0, 0.0, 29, device="cuda")
        self.assertAlmostEqual(float(steps[14]), 0.5)
        self.assertFalse(is_unknown(steps))

    def test_what_comes_from_something_unknown_is_unknown(self):
        weight = torch.randn(1024, 1024, device="cuda")
        known = torch.ones(4, 1024, device="cuda")
        self.assertTrue(is_unknown(weight))
        product = known @ weight
        self.assertTrue(is_unknown(product))
        self.assertEqual((product.shape, product.device.type), ((4, 1024), "cuda"))
        self.assertTrue(is_unknown(product[0, :2].cpu().float()))

    def test_what_is_written_from_something_unknown_is_unknown_too(self):
        target = torch.zeros(4, device="cuda")
        target.copy_(torch.randn(2**20, device="cuda")[:4])
        self.assertTrue(is_unknown(target))
        numbers = torch.zeros(4, dtype=torch.int64, device="cuda")
        numbers.copy_(target)
        self.assertEqual(numbers.tolist(), [1, 1, 1, 1])

    def test_new_tensors_have_the_values_they_are_given(self):
        weight = torch.randn(1024, 1024, device="cuda")
        self.assertEqual(weight.new_tensor([1, 2]).tolist(), [1.0, 2.0])
        self.assertEqual(weight.new_zeros(2).tolist(), [0.0, 0.0])
        self.assertEqual(torch.ones_like(weight[0, :3]).tolist(), [1.0, 1.0, 1.0])
        self.assertEqual(weight.new_tensor(3, device="cpu").device.type, "cpu")

    def test_devices_do_not_mix(self):
        with self.assertRaisesRegex(RuntimeError, "same device"):
            torch.randn(1024, 1024, device="cuda") @ torch.randn(1024, 4)
        with self.assertRaises(TypeError):
            torch.randn(1024, 1024, device="cuda").numpy()


class Policy(unittest.TestCase):
    def setUp(self):
        self.x = torch.randn(3, 2**17, device="cuda")
        kernels().policy.counts.clear()

    def test_tied_weights_are_equal(self):
        self.assertTrue(torch.equal(self.x, torch.randn_like(self.x)))
        self.assertFalse(torch.equal(self.x, self.x.half()))
        self.assertFalse(torch.equal(self.x, self.x[:2]))
        self.assertEqual(kernels().policy.counts["equal"], 3)

    def test_an_index_is_in_the_middle_and_never_ends_a_sequence(self):
        first = self.x.argmax(-1)
        self.assertEqual(first.tolist(), [2**17 * 3 // 8] * 3)
        kernels().policy.ends_of_sequence.add(int(first[0]))
        try:
            self.assertEqual(self.x.argmax(-1).tolist(), [2**17 * 3 // 8 + 1] * 3)
            self.assertNotIn(int(first[0]), torch.multinomial(self.x, 2).flatten().tolist())
        finally:
            kernels().policy.ends_of_sequence.clear()
        self.assertEqual(kernels().policy.counts["argmax"], 2)
        self.assertTrue(any(path.endswith("test_weightless.py") for path, _ in kernels().policy.places["argmax"]))

    def test_comparisons_numbers_and_casts(self):
        self.assertFalse((self.x > 0.5).any())
        self.assertTrue((self.x == self.x).all())
        self.assertTrue(torch.isfinite(self.x).all())
        self.assertFalse(torch.isnan(self.x).any())
        self.assertEqual(self.x.mean().item(), 1.0)
        self.assertEqual(self.x[0, :3].long().tolist(), [1, 1, 1])

    def test_packed_weights_are_made_of_nothing(self):
        counts = kernels().policy.counts
        counts.clear()
        eighths = (self.x * 127).round().to(torch.int8)
        halves = ((self.x.to(torch.int32) << 4) | self.x.to(torch.int32)).to(torch.uint8)
        self.assertTrue(is_unknown(eighths) and is_unknown(halves))
        self.assertEqual(sum(counts.values()), 0)
        packed = torch.ops.aten._convert_weight_to_int4pack(
            torch.zeros(32, 1024, dtype=torch.uint8, device="cuda"), 8
        )
        self.assertTrue(is_unknown(packed))
        tokens = torch.randn(16, 2048, device="cuda", dtype=torch.bfloat16)
        scales = torch.randn(16, 32, 2, device="cuda", dtype=torch.bfloat16)
        result = torch.ops.aten._weight_int4pack_mm(tokens, packed, 128, scales)
        self.assertEqual(result.shape, (16, 32))

    def test_another_class_may_stand_in_for_the_device(self):
        # As `spaces` has it in the app's main process.
        device, kernels().unmodelled = torch.device("cpu"), {}
        real, torch.device = torch.device, type("OnlyStrings", (), {})
        try:
            on_host = torch.ops.aten._to_copy(self.x, dtype=torch.float16, device=device)
        finally:
            torch.device = real
        self.assertEqual((on_host.device, kernels().unmodelled), (device, {}))

    def test_experts_get_equal_shares(self):
        scores = torch.randn(4096, 128, device="cuda")
        chosen = scores.topk(8, dim=-1).indices
        self.assertEqual(torch.bincount(chosen.flatten()).tolist(), [4096 * 8 // 128] * 128)

    def test_shapes_that_depend_on_values(self):
        mask = torch.arange(2**17, device="cuda") < 5
        self.assertEqual(self.x[:, mask].shape, (3, 5))
        self.assertEqual(self.x.masked_select(mask).shape, (15,))
        self.assertEqual(self.x[0].nonzero().shape, (2**17, 1))


class Memory(unittest.TestCase):
    def test_it_is_counted_and_never_taken(self):
        before = resident_bytes()
        torch.cuda.reset_peak_memory_stats()
        base = torch.cuda.memory_allocated()
        weights = [torch.empty(4, GIB // 2, dtype=torch.bfloat16, device="cuda") for _ in range(10)]
        self.assertEqual(torch.cuda.memory_allocated() - base, 40 * GIB)
        doubled = weights[0] + weights[1]
        self.assertEqual(torch.cuda.max_memory_allocated() - base, 44 * GIB)
        with self.assertRaisesRegex(torch.OutOfMemoryError, "Tried to allocate 32.00 GiB"):
            torch.empty(32 * GIB, dtype=torch.uint8, device="cuda")
        del weights, doubled
        self.assertEqual(torch.cuda.memory_allocated(), base)
        self.assertLess(resident_bytes() - before, 2**27)

    def test_nothing_waits_for_the_garbage_collector(self):
        x = torch.empty(2**20, device="cuda")
        base = torch.cuda.memory_allocated()
        for make in (lambda: x.chunk(4), lambda: x + x, lambda: torch.cat([x, x]), lambda: x.topk(3)):
            make()
            self.assertEqual(torch.cuda.memory_allocated(), base)

    def test_weights_on_the_cpu_have_none_either(self):
        before = resident_bytes()
        layers = torch.nn.ModuleList(torch.nn.Linear(2**15, 2**15) for _ in range(4))
        copied = copy.deepcopy(layers).to(torch.bfloat16).cuda()
        self.assertEqual(copied[0].weight.shape, (2**15, 2**15))
        self.assertTrue(all(is_unknown(layer.weight) for layer in (*layers, *copied)))
        layers.to("cpu", torch.float16).load_state_dict(copied.cpu().state_dict())
        self.assertLess(resident_bytes() - before, 2**27)

    def test_fused_attention_holds_no_scores(self):
        q = torch.empty(1, 16, 8192, 64, dtype=torch.bfloat16, device="cuda")
        torch.cuda.reset_peak_memory_stats()
        base = torch.cuda.memory_allocated()
        output = torch.nn.functional.scaled_dot_product_attention(q, q, q, is_causal=True)
        rows = 16 * 8192 * 4
        self.assertEqual(output.shape, q.shape)
        # The random state of the kernel's dropout takes two blocks of 512 bytes.
        self.assertLessEqual(torch.cuda.max_memory_allocated() - base - q.nbytes - rows, 2048)

    def test_addresses_come_back(self):
        reservation = Reservation()
        first = reservation.take(10_000)
        reservation.give_back(first, 10_000)
        self.assertEqual(reservation.take(9_000), first)
        self.assertNotEqual(reservation.take(9_000), first)
        self.assertEqual(reservation.take(2**40) % 4096, 0)


class Clocks(unittest.TestCase):
    def test_compiled_code_has_one_kernel_for_a_run_of_them(self):
        card = CARDS["H200"]
        machine = Machine.of(card)
        eager, compiled = Clock(machine), Clock(machine, is_compiled=True)
        moves = [Cost(TRAFFIC, HALF, 0, size) for size in (2**30, 2**31, 2**20)]
        product = Cost(PRODUCT, HALF, 10**13, 2**20)
        for clock in (eager, compiled):
            for cost in (*moves, product, moves[1]):
                clock.kernel(cost)
                clock.view()
        self.assertEqual((eager.kernels, compiled.kernels), (5, 2))
        longest = machine.seconds(moves[1])
        # Asking for the time ends no run.
        for _ in range(2):
            self.assertAlmostEqual(compiled.seconds, 2 * longest + machine.seconds(product), delta=1e-5)
        compiled.kernel(moves[1])
        compiled.wait()
        self.assertEqual((compiled.kernels, compiled.host), (3, compiled.device))
        self.assertGreater(eager.seconds, compiled.seconds)

    def test_memory_of_a_product_of_matrices_with_gaps(self):
        weight = torch.randn(4096, 4096, device="cuda", dtype=torch.float16)
        one = torch.randn(1, device="cuda", dtype=torch.float16)
        torch.mm(weight, weight)
        for left, copied in ((weight, 0), (weight.t(), 0), (one.expand(4096, 4096), 2**25)):
            before = torch.cuda.memory_allocated()
            torch.cuda.reset_peak_memory_stats()
            torch.mm(left, weight)
            self.assertEqual(torch.cuda.max_memory_allocated() - before, 2**25 + copied)


class Training(unittest.TestCase):
    def test_a_step_with_attention_and_an_optimizer(self):
        class Block(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.norm = torch.nn.LayerNorm(1024)
                self.qkv = torch.nn.Linear(1024, 3072)
                self.out = torch.nn.Linear(1024, 1024)

            def forward(self, x):
                q, k, v = (
                    part.unflatten(-1, (16, 64)).transpose(1, 2) for part in self.qkv(self.norm(x)).chunk(3, -1)
                )
                mixed = torch.nn.functional.scaled_dot_product_attention(q, k, v, dropout_p=0.1)
                return x + self.out(mixed.transpose(1, 2).flatten(2))

        model = torch.nn.Sequential(*[Block() for _ in range(3)]).cuda()
        optimizer = torch.optim.AdamW(model.parameters())
        scaler = torch.amp.GradScaler("cuda")
        for _ in range(2):
            optimizer.zero_grad()
            with torch.autocast("cuda", torch.bfloat16):
                loss = torch.nn.functional.cross_entropy(
                    model(torch.randn(2, 256, 1024, device="cuda"))[:, -1],
                    torch.tensor([3, 4], device="cuda"),
                )
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            scaler.step(optimizer)
            scaler.update()
        self.assertTrue(all(is_unknown(p.grad) for p in model.parameters() if p.numel() > 2**16))
        states = sum(t.nbytes for s in optimizer.state.values() for t in s.values() if t.dim())
        self.assertEqual(states, 2 * sum(p.nbytes for p in model.parameters()))

    def test_convolutions_and_recurrent_layers(self):
        for make, shape in (
            (lambda: torch.nn.Conv2d(320, 640, 3), (2, 320, 64, 64)),
            (lambda: torch.nn.LSTM(512, 512, 2, batch_first=True), (2, 8, 512)),
            (lambda: torch.nn.MaxPool2d(2), (2, 320, 64, 64)),
            (lambda: torch.nn.BatchNorm2d(320), (2, 320, 64, 64)),
            (lambda: torch.nn.TransformerEncoderLayer(512, 8, 2048, batch_first=True), (2, 64, 512)),
        ):
            with self.subTest(make().__class__.__name__):
                x = torch.randn(*shape)
                expected = make()(x)
                here = x.cuda().requires_grad_()
                result = make().cuda()(here)
                if isinstance(result, tuple):
                    result, expected = result[0], expected[0]
                self.assertEqual(result.shape, expected.shape)
                result.sum().backward()
                self.assertEqual(here.grad.shape, shape)


if __name__ == "__main__":
    unittest.main()
