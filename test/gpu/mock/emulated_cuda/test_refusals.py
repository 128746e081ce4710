"""What CUDA's kernels refuse, the device refuses: PyTorch's own exception types and words."""

import unittest
import warnings

from support import DeviceTest

import torch
import torch.nn.functional as F

D = "cuda"
INTEGERS = {torch.int64: "Long", torch.int32: "Int", torch.int8: "Char", torch.uint8: "Byte", torch.bool: "Bool"}
NEW_ATTENTION = hasattr(torch.nn, "attention") and hasattr(torch.nn.attention, "SDPBackend")


def ones(*size, dtype=torch.int64):
    return torch.ones(*size, dtype=dtype, device=D)


class Refusals(DeviceTest):
    def refused(self, action, words, dtype=torch.int64):
        """As the CPU's own macro raises it, with the name of CUDA's kernel."""
        truth = torch.ones(1, 1, dtype=torch.bool)
        with self.assertRaises(RuntimeError) as cpu:
            torch.mm(truth, truth)
        with self.assertRaises(RuntimeError) as caught:
            action()
        name = {**INTEGERS, torch.float16: "Half", torch.bfloat16: "BFloat16"}[dtype]
        self.assertEqual(str(caught.exception).splitlines()[0], f"\"{words}\" not implemented for '{name}'")
        self.assertIs(type(caught.exception), type(cpu.exception))

    def test_products_of_integers(self):
        for dtype in INTEGERS:
            m, b, v = ones(4, 4, dtype=dtype), ones(2, 4, 4, dtype=dtype), ones(4, dtype=dtype)
            for action, words in (
                (lambda: m @ m, "addmm_cuda"),
                (lambda: torch.mm(m, m), "addmm_cuda"),
                (lambda: torch.mm(m, m, out=torch.empty_like(m)), "addmm_cuda"),
                (lambda: torch.addmm(m, m, m), "addmm_cuda"),
                (lambda: F.linear(m, m), "addmm_cuda"),
                (lambda: F.linear(b, m, v), "addmm_cuda"),
                (lambda: v @ m, "addmm_cuda"),
                (lambda: b @ m, "addmm_cuda"),
                (lambda: torch.tensordot(m, m, dims=1), "addmm_cuda"),
                (lambda: b @ b, "baddbmm_cuda"),
                (lambda: torch.bmm(b, b), "baddbmm_cuda"),
                (lambda: torch.baddbmm(b, b, b), "baddbmm_cuda"),
                (lambda: torch.einsum("bij,bjk->bik", b, b), "baddbmm_cuda"),
                (lambda: m @ v, "addmv_impl_cuda"),
                (lambda: torch.mv(m, v), "addmv_impl_cuda"),
                (lambda: torch.addmv(v, m, v), "addmv_impl_cuda"),
                (lambda: v @ v, "dot"),
                (lambda: torch.dot(v, v), "dot"),
            ):
                self.refused(action, words, dtype)

    def test_what_is_wrong_otherwise_comes_first_and_nothing_is_changed(self):
        with self.assertRaisesRegex(RuntimeError, "shapes cannot be multiplied"):
            ones(4, 4) @ ones(3, 4)
        target = ones(4, 4)
        self.refused(lambda: target.addmm_(target, target), "addmm_cuda")
        self.assertEqual(target.tolist(), [[1] * 4] * 4)
        # Nothing to compute, nothing to refuse.
        self.assertEqual((ones(0, 4) @ ones(4, 4)).shape, (0, 4))

    def test_convolutions_of_integers(self):
        x, w = ones(1, 4, 8, 8), ones(4, 4, 3, 3)
        for action in (
            lambda: F.conv2d(x, w),
            lambda: F.conv1d(ones(1, 4, 8), ones(4, 4, 3)),
            lambda: F.conv3d(ones(1, 4, 4, 4, 4), ones(4, 4, 3, 3, 3)),
            lambda: F.conv_transpose1d(ones(1, 4, 8), ones(4, 4, 3)),
            lambda: F.conv_transpose2d(x, w),
            lambda: F.conv_transpose3d(ones(1, 4, 4, 4, 4), ones(4, 4, 3, 3, 3)),
        ):
            with self.assertRaises(RuntimeError) as caught:
                action()
            words = "getCudnnDataTypeFromScalarType() not supported for Long"
            self.assertEqual((type(caught.exception), str(caught.exception)), (RuntimeError, words))
        with self.assertRaisesRegex(RuntimeError, "^\"slow_conv_transpose2d_out_cuda\" not implemented for 'Long'"):
            F.conv_transpose2d(x, w, output_padding=2, dilation=3, stride=2)
        self.refused(lambda: F.conv2d(x, w[:, :1], groups=4), "conv_depthwise2d_forward_cuda")
        self.assertEqual(F.conv2d(x.float(), w.float()).shape, (1, 4, 6, 6))

    def test_pools_and_pictures_of_integers(self):
        x = ones(1, 4, 8, 8)
        self.refused(lambda: F.max_pool2d(x, 2), "max_pool2d_with_indices_out_cuda_frame")
        self.refused(lambda: F.max_pool1d(x[0], 2), "max_pool2d_with_indices_out_cuda_frame")
        self.refused(lambda: F.avg_pool2d(x, 2), "avg_pool2d_out_cuda_frame")
        picture = x.to(torch.uint8)
        larger = lambda mode: lambda: F.interpolate(picture, scale_factor=2, mode=mode)  # noqa: E731
        self.refused(larger("bilinear"), "upsample_bilinear2d_out_frame", torch.uint8)
        self.refused(larger("bicubic"), "upsample_bicubic2d_out_frame", torch.uint8)
        self.assertEqual(larger("nearest")().shape, (1, 4, 16, 16))

    def test_linear_algebra_in_half_precision(self):
        for dtype in (torch.float16, torch.bfloat16):
            m = torch.eye(4, device=D).to(dtype)
            for action, words in (
                (lambda: torch.linalg.qr(m), "geqrf_cuda"),
                (lambda: torch.linalg.svd(m), "svd_cuda_gesvdjBatched"),
                (lambda: torch.linalg.svdvals(torch.eye(33, device=D).to(dtype)), "svd_cuda_gesvdj"),
                (lambda: torch.linalg.ldl_factor(m), "ldl_factor_looped_cusolver"),
                (lambda: torch.linalg.solve_triangular(m, m, upper=True), "triangular_solve_cuda"),
                (lambda: torch.linalg.lu_factor(m[:3]), "lu_factor_magma_batched"),
                (lambda: torch.linalg.lu_factor(m.expand(3, 4, 4)), "lu_factor_cublas"),
                (lambda: torch.cholesky_solve(m, m), "cholesky_cuda_potrs"),
                (lambda: torch.cdist(m, m), "cdist_cuda"),
                (lambda: torch.angle(m), "angle_cuda"),
                (lambda: torch.angle(m[:0]), "angle_cuda"),
                (lambda: torch.linalg.eigh(m), "linalg_eigh_cuda"),
                (lambda: torch.linalg.cholesky(m), "cholesky_cusolver"),
                (lambda: torch.linalg.solve(m, m), "lu_factor_cusolver"),
                (lambda: torch.linalg.det(m), "lu_factor_cusolver"),
                (lambda: torch.linalg.lu_factor(m), "lu_factor_cusolver"),
            ):
                self.refused(action, words, dtype)
            for action in (torch.linalg.inv, torch.linalg.pinv, lambda m: torch.linalg.lstsq(m, m)):
                with self.assertRaises(RuntimeError):
                    action(m)
            self.refused(lambda: torch.special.erfcx(m), "erfcx_cuda", dtype)
        half = torch.ones(4, device=D, dtype=torch.float16)
        self.refused(lambda: torch.polar(half, half), "polar_cuda", torch.float16)
        m = torch.eye(4, device=D)
        self.assertEqual(torch.linalg.qr(m).Q.abs().sum().item(), 4)

    @unittest.skipUnless(torch._C._dispatch_has_kernel_for_dispatch_key("aten::_int_mm", "CPU"), "the CPU lacks it")
    def test_integer_products_of_cublas(self):
        small = ones(16, 8, dtype=torch.int8)
        with self.assertRaisesRegex(RuntimeError, r"^self\.size\(0\) needs to be greater than 16, but got 16$"):
            torch._int_mm(small, small[:8])
        large = ones(17, 8, dtype=torch.int8)
        self.assertEqual(torch._int_mm(large, small[:8]).sum().item(), 17 * 8 * 8)
        with self.assertRaisesRegex(RuntimeError, r"^mat2\.size\(1\) needs to be greater than 0 and a multiple of 8"):
            torch._int_mm(large, small[:8, :7])

    def test_operators_without_a_cuda_kernel(self):
        with self.assertRaisesRegex(NotImplementedError, "Could not run 'aten::histogram.bin_ct' with arguments"):
            torch.histogram(torch.ones(4, device=D), 3)

    def test_types_that_a_kernel_was_not_written_for(self):
        truth = ones(4, dtype=torch.bool)
        first = torch.zeros(4, dtype=torch.int64, device=D)
        for reduce in ("prod", "amin", "amax"):
            action = lambda reduce=reduce: truth.scatter_reduce(0, first, truth, reduce)  # noqa: E731
            self.refused(action, "cuda_scatter_gather_base_kernel_func", torch.bool)
        self.assertEqual(truth.scatter_reduce(0, first, truth, "sum").dtype, torch.bool)
        self.refused(lambda: torch.searchsorted(truth, truth), "searchsorted_out_cuda", torch.bool)
        self.refused(lambda: torch.bucketize(truth, truth), "searchsorted_out_cuda", torch.bool)
        for dtype in (torch.int64, torch.uint8, torch.bool):
            self.refused(lambda dtype=dtype: F.dropout(ones(4, dtype=dtype)), "fused_dropout", dtype)
            self.assertEqual(F.dropout(ones(4, dtype=dtype), training=False).dtype, dtype)
        self.refused(lambda: torch.histc(ones(4, dtype=torch.bfloat16)), "histc", torch.bfloat16)
        with self.assertRaisesRegex(RuntimeError, "^HalfTensor is not supported$"):
            torch.histc(ones(4, dtype=torch.float16))
        # The other way round: CUDA counts integers, the CPU does not.
        self.assertEqual(torch.histc(ones(4), bins=2, min=0, max=2).tolist(), [0, 4])
        self.refused(lambda: F.bilinear(ones(2, 3), ones(2, 3), ones(4, 3, 3)), "baddbmm_cuda")

    def test_drawing_on_the_cpu_with_a_generator_of_the_device(self):
        on_cpu, on_device = torch.Generator(), torch.Generator(D)
        for draw in (
            *(lambda x, **o: x.normal_(**o), lambda x, **o: x.uniform_(**o), lambda x, **o: x.exponential_(**o)),
            *(lambda x, **o: x.random_(**o), lambda x, **o: x.bernoulli_(**o), lambda x, **o: x.cauchy_(**o)),
            *(lambda x, **o: torch.multinomial(x, 1, **o), lambda x, **o: torch.bernoulli(x, **o)),
            lambda x, **o: torch.normal(x, 1.0, **o),
        ):
            with self.assertRaisesRegex(RuntimeError, "^Expected a 'cpu' device type for generator but found 'cuda'"):
                draw(torch.full((3,), 0.5), generator=on_device)
            with self.assertRaisesRegex(RuntimeError, "^Expected a 'cuda' device type for generator but found 'cpu'"):
                draw(torch.full((3,), 0.5, device=D), generator=on_cpu)
            self.assertEqual(draw(torch.full((3,), 0.5, device=D), generator=on_device).device.type, "cuda")
            self.assertEqual(draw(torch.full((3,), 0.5), generator=on_cpu).device.type, "cpu")

    def test_generators_of_the_device_on_the_cpu(self):
        on_cpu, on_device = torch.Generator(), torch.Generator(D)
        for make in (
            lambda **options: torch.rand(3, **options),
            lambda **options: torch.randn(3, **options),
            lambda **options: torch.randint(5, (3,), **options),
            lambda **options: torch.randint(1, 5, (3,), **options),
            lambda **options: torch.randperm(3, **options),
            lambda **options: torch.normal(0.0, 1.0, (3,), **options),
        ):
            with self.assertRaises(RuntimeError) as caught:
                make(generator=on_device)
            words = "Expected a 'cpu' device type for generator but found 'cuda'"
            self.assertEqual(str(caught.exception).splitlines()[0], words)
            self.assertEqual(make(generator=on_device, device=D).device.type, "cuda")
            self.assertEqual(make(generator=on_cpu).device.type, "cpu")
            with self.assertRaisesRegex(RuntimeError, "Expected a 'cuda' device type"):
                make(generator=on_cpu, device=D)
        on_cpu.manual_seed(3)
        drawn = torch.randn(5, generator=on_cpu)
        torch.manual_seed(3)
        self.assertEqual(drawn.tolist(), torch.randn(5).tolist())

    @unittest.skipUnless(NEW_ATTENTION, "PyTorch 2.3 and newer")
    def test_attention_without_a_backend(self):
        from torch.nn.attention import SDPBackend, sdpa_kernel

        def heads(dtype=torch.float16, size=64, length=8, count=4):
            return torch.ones(1, count, length, size, device=D, dtype=dtype)

        def answers(backend, query, key=None, **options):
            key = query if key is None else key
            with sdpa_kernel([backend]), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    F.scaled_dot_product_attention(query, key, key, **options)
                except RuntimeError as error:
                    self.assertEqual(str(error), "No available kernel. Aborting execution.")
                    return False
            return True

        flash, efficient, math = SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH
        mask = torch.zeros(8, 8, device=D, dtype=torch.float16)
        for operands, options, expected in (
            ([heads()], {}, (True, True)),
            ([heads(torch.bfloat16)], {}, (True, True)),
            ([heads(torch.float32)], {}, (False, True)),
            ([heads(torch.float64)], {}, (False, False)),
            ([heads(size=320)], {}, (False, True)),
            ([heads(size=62)], {}, (True, False)),
            ([heads()], {"attn_mask": mask}, (False, True)),
            ([heads(), heads(length=9)], {"is_causal": True}, (False, True)),
            ([heads(), heads(count=2)], {"enable_gqa": True}, (True, False)),
            ([heads()[0]], {}, (False, False)),
        ):
            if "enable_gqa" in options and not hasattr(SDPBackend, "CUDNN_ATTENTION"):
                continue
            found = (answers(flash, *operands, **options), answers(efficient, *operands, **options))
            self.assertEqual(found, expected, (operands[0].shape, operands[0].dtype, options))
            self.assertTrue(answers(math, *operands, **options))
        if hasattr(SDPBackend, "CUDNN_ATTENTION"):
            cudnn = SDPBackend.CUDNN_ATTENTION
            self.assertTrue(answers(cudnn, heads()))
            for query in (heads(torch.float32), heads(size=320), heads(size=60), heads(length=1)):
                self.assertFalse(answers(cudnn, query))


if __name__ == "__main__":
    unittest.main()
