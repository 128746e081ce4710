"""`torch.load` of checkpoints: what there is, and none of the weights."""

import os
import tempfile
import unittest
import zipfile

import support  # noqa: F401 (installs the device)
import torch

from emulated_cuda.weightless.marks import is_unknown


class Checkpoint(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "model.bin")

    def test_weights_have_shape_and_type_and_small_integers_their_values(self):
        shared = torch.zeros(64, 32)
        torch.save({"w": shared, "row": shared[3], "ids": torch.arange(5), "name": "x"}, self.path)
        loaded = torch.load(self.path, weights_only=True)
        self.assertTrue(is_unknown(loaded["w"]))
        self.assertEqual((loaded["w"].shape, loaded["w"].dtype), ((64, 32), torch.float32))
        self.assertEqual(loaded["row"].data_ptr() - loaded["w"].data_ptr(), 3 * 32 * 4)
        self.assertEqual(loaded["ids"].tolist(), [0, 1, 2, 3, 4])
        self.assertEqual(loaded["name"], "x")

    def test_tensors_go_where_the_program_wants_them(self):
        torch.save([torch.zeros(256, 256)], self.path)
        for where in ("cuda", torch.device("cuda", 0)):
            (weight,) = torch.load(self.path, map_location=where)
            self.assertEqual(weight.device.type, "cuda")
        self.assertEqual(torch.load(self.path, map_location=lambda s, _: s)[0].device.type, "cpu")
        layer = torch.nn.Linear(128, 128)
        layer.load_state_dict({"weight": torch.load(self.path)[0][:128, :128], "bias": torch.zeros(128)})
        self.assertTrue(is_unknown(layer.weight))

    def test_modules_and_other_classes_come_with_weights_only_off(self):
        torch.save(torch.nn.Linear(8, 8), self.path)
        module = torch.load(self.path, weights_only=False)
        self.assertEqual(module.weight.shape, (8, 8))
        self.assertTrue(is_unknown(module.weight))
        with self.assertRaisesRegex(Exception, "Unsupported global|weights_only|GLOBAL"):
            torch.load(self.path, weights_only=True)

    def test_an_archive_is_not_read_for_its_weights(self):
        weight = torch.full((2048,), 7.0)
        torch.save({"w": weight}, self.path)
        stored = weight.numpy().tobytes()
        with open(self.path, "rb") as file:
            archive = file.read()
        self.assertIn(stored, archive)
        # Whoever reads it finds that the checksum is wrong.
        with open(self.path, "wb") as file:
            file.write(archive.replace(stored, b"\1" * len(stored)))
        with zipfile.ZipFile(self.path) as damaged:
            self.assertIsNotNone(damaged.testzip())
        self.assertEqual(torch.load(self.path)["w"].shape, (2048,))

    def test_a_large_file_in_another_format_is_refused(self):
        torch.save({"w": torch.ones(4)}, self.path, _use_new_zipfile_serialization=False)
        self.assertEqual(torch.load(self.path)["w"].tolist(), [1.0] * 4)
        with open(self.path, "r+b") as file:
            file.truncate(300 * 2**20)
        with self.assertRaisesRegex(RuntimeError, "does not read .*300 MiB"):
            torch.load(self.path)


if __name__ == "__main__":
    unittest.main()
