"""Inference mode: what is made in it has no version counter, what is made outside has one, in any order."""

import unittest

from support import DeviceTest

import torch

# The first tensor of float32 on the device is made in inference mode, that of float64 outside.
with torch.inference_mode():
    FIRST = torch.ones(2, device="cuda")
torch.ones(2, device="cuda", dtype=torch.float64)

UNTRACKED = "Inference tensors do not track version counter"
UPDATE = "Inplace update to inference tensor outside InferenceMode"


class InferenceMode(DeviceTest):
    def test_a_tensor_is_what_the_mode_says_and_not_what_was_first(self):
        for dtype in (torch.float32, torch.float64, torch.bfloat16, torch.int64):
            with self.subTest(dtype=dtype):
                outside = torch.ones(2, 3, device="cuda", dtype=dtype)
                with torch.inference_mode():
                    inside = torch.ones(2, 3, device="cuda", dtype=dtype)
                    made = [inside, inside + 1, torch.ones(2, dtype=dtype).to("cuda"), outside * 2, inside.clone()]
                    viewed = [outside.view(3, 2), outside.reshape(6), outside.t(), outside.split(1)[0]]
                self.assertEqual([tensor.is_inference() for tensor in made], [True] * 5)
                self.assertEqual([tensor.is_inference() for tensor in viewed], [False] * 4)
                after = [inside + 1, inside.clone(), torch.ones(2, device="cuda", dtype=dtype)]
                self.assertEqual([tensor.is_inference() for tensor in after], [False] * 3)
                self.assertEqual([tensor.is_inference() for tensor in (inside.view(6), inside.t())], [True] * 2)

    def test_it_may_not_be_changed_or_saved_for_backward_outside(self):
        for change in (
            lambda: FIRST.add_(1),
            lambda: FIRST.view(-1).zero_(),
            lambda: FIRST.copy_(torch.zeros(2)),
            lambda: FIRST.__setitem__(0, 2.0),
        ):
            with self.assertRaisesRegex(RuntimeError, UPDATE):
                change()
        weight = torch.ones(2, device="cuda", requires_grad=True)
        with self.assertRaisesRegex(RuntimeError, "Inference tensors cannot be saved for backward"):
            weight * FIRST
        with self.assertRaisesRegex(RuntimeError, "Setting requires_grad=True on inference tensor"):
            FIRST.requires_grad_()
        self.assertEqual((weight + FIRST).sum().item(), 4.0)

    def test_versions_are_counted_as_on_the_cpu(self):
        def versions(device):
            tensor = torch.ones(4, device=device)
            seen = [tensor._version]
            view = tensor.add_(1).view(2, 2)
            view.mul_(2)
            seen += [tensor._version, view._version]
            with torch.inference_mode():
                tensor.add_(1)
                inside = tensor.view(-1)
                inside.add_(1)
                seen += [tensor._version, inside._version]
            with torch.no_grad():
                tensor.add_(1)
            tensor.data = torch.zeros(4, device=device)
            seen.append(tensor._version)
            tensor.data.add_(1)
            tensor.detach().add_(1)
            return [*seen, tensor._version]

        self.assertEqual(versions("cuda"), versions("cpu"))

    def test_data_that_was_moved_in_inference_mode_can_be_split(self):
        """As offloaders do with the buffers of a module that was made in inference mode."""
        for dtype in (torch.float32, torch.float64, torch.float16):
            with torch.inference_mode():
                buffer = torch.arange(12, dtype=dtype).reshape(3, 4)
                buffer.data = buffer.data.pin_memory().to("cuda")
                self.assertEqual([part.shape[1] for part in buffer.split([1, 1, 2], dim=1)], [1, 1, 2])
                self.assertTrue(buffer.is_inference())
                buffer.data = torch.empty_like(buffer.data, device="cpu")
                self.assertEqual(len(buffer.split([1, 3], dim=1)), 2)

    def test_data_of_the_other_kind_fails_as_on_the_cpu(self):
        def outcome(device):
            with torch.inference_mode():
                buffer = torch.arange(12.0, device=device)
            buffer.data = torch.ones(12, device=device)
            try:
                return len(buffer.split(3))
            except RuntimeError as error:
                return str(error)

        self.assertIn(UNTRACKED, outcome("cuda"))
        self.assertEqual(outcome("cuda"), outcome("cpu"))

    def test_a_process_that_started_in_inference_mode_trains_afterwards(self):
        layer = torch.nn.Linear(2, 1).cuda()
        layer(torch.ones(1, 2, device="cuda")).sum().backward()
        self.assert_same(layer.weight.grad, torch.ones(1, 2))


if __name__ == "__main__":
    unittest.main()
