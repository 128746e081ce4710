"""Small models in quantised layouts, with the real packages: what tensors they are made of, and how large.

    python quantised_models.py FOLDER KIND…

Without a device of any kind: makes each model's files in a folder of its own, loads them on the CPU and prints the
tensors of all as JSON. The tests hold the weightless device against it.
"""

import json
import os
import sys

import torch

HALF = torch.bfloat16
# Large enough that no weight is small, and what tiles of int4 are padded to (torchao: 1024).
HIDDEN, INNER, VOCABULARY = 1024, 2048, 1024
# Block types of GGUF; those of the K family are written as bytes, gguf does not pack them.
GGUF_TYPES = ("Q4_0", "Q8_0", "Q4_K", "Q6_K")


def make_language_model(folder):
    """A Llama of two layers, as safetensors."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=HIDDEN, intermediate_size=INNER, num_hidden_layers=2,
        num_attention_heads=8, num_key_value_heads=8,
    )
    LlamaForCausalLM(config).to(HALF).save_pretrained(folder)


def load_language_model(folder, device, quantization=None):
    """The model of a folder, quantised while it is loaded unless its files are."""
    from transformers import AutoModelForCausalLM

    options = {} if quantization is None else {"quantization_config": quantization}
    return AutoModelForCausalLM.from_pretrained(folder, dtype=HALF, device_map=device, **options)


def bitsandbytes_config(kind):
    """transformers' configuration."""
    from transformers import BitsAndBytesConfig

    if kind == "int8":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=kind == "nf4-double",
        bnb_4bit_compute_dtype=HALF,
    )


def torchao_config(kind):
    """transformers' configuration."""
    from torchao.quantization import Float8WeightOnlyConfig, Int4WeightOnlyConfig, Int8WeightOnlyConfig
    from transformers import TorchAoConfig

    if kind == "int4":
        return TorchAoConfig(Int4WeightOnlyConfig(group_size=128, int4_packing_format="tile_packed_to_4d"))
    return TorchAoConfig(Int8WeightOnlyConfig() if kind == "int8" else Float8WeightOnlyConfig())


def make_transformer(path, kind):
    """A FLUX transformer of one block, as GGUF; its configuration beside it."""
    import numpy
    from diffusers import FluxTransformer2DModel
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFWriter, quants

    torch.manual_seed(0)
    model = FluxTransformer2DModel(
        in_channels=64, num_layers=1, num_single_layers=1, attention_head_dim=128,
        num_attention_heads=4, joint_attention_dim=512, pooled_projection_dim=256,
    )
    model.save_config(os.path.dirname(path))
    blocks = GGMLQuantizationType[kind]
    length, size = GGML_QUANT_SIZES[blocks]
    writer = GGUFWriter(path, "flux")
    for name, tensor in model.state_dict().items():
        values = tensor.float().numpy()
        if values.ndim < 2 or values.shape[-1] % length:
            writer.add_tensor(name, values)
        elif kind.endswith("_K"):
            packed = numpy.zeros((*values.shape[:-1], values.shape[-1] // length * size), numpy.uint8)
            writer.add_tensor(name, packed, raw_dtype=blocks)
        else:
            writer.add_tensor(name, quants.quantize(values, blocks), raw_dtype=blocks)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def load_transformer(path):
    """The FLUX transformer of a GGUF file, on the CPU."""
    from diffusers import FluxTransformer2DModel, GGUFQuantizationConfig

    return FluxTransformer2DModel.from_single_file(
        path,
        config=os.path.dirname(path),
        quantization_config=GGUFQuantizationConfig(compute_dtype=HALF),
        torch_dtype=HALF,
    )


def make_gguf_language_model(path):
    """A Llama as GGUF, in blocks of Q4_0."""
    import numpy
    from gguf import GGMLQuantizationType, GGUFWriter, quants

    random = numpy.random.default_rng(0)
    writer = GGUFWriter(path, "llama")
    writer.add_block_count(2)
    writer.add_context_length(512)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(8)
    writer.add_head_count_kv(8)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(VOCABULARY)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list([f"t{index}" for index in range(VOCABULARY)])
    shapes = {"token_embd": (VOCABULARY, HIDDEN), "output": (VOCABULARY, HIDDEN), "output_norm": (HIDDEN,)}
    for layer in range(2):
        block = f"blk.{layer}."
        shapes.update({f"{block}attn_{part}": (HIDDEN, HIDDEN) for part in ("q", "k", "v", "output")})
        shapes.update({f"{block}ffn_{part}": (INNER, HIDDEN) for part in ("gate", "up")})
        shapes[f"{block}ffn_down"] = (HIDDEN, INNER)
        shapes.update({f"{block}{part}_norm": (HIDDEN,) for part in ("attn", "ffn")})
    for name, shape in shapes.items():
        values = random.standard_normal(shape, numpy.float32)
        if len(shape) == 1:
            writer.add_tensor(f"{name}.weight", values)
            continue
        kind = GGMLQuantizationType.Q4_0
        writer.add_tensor(f"{name}.weight", quants.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def load_gguf_language_model(path, device):
    """The same, unpacked by transformers."""
    from transformers import AutoModelForCausalLM

    folder, name = os.path.split(path)
    return AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=HALF, device_map=device)


def tensors_of(model):
    """Type and bytes of each tensor that a model holds, those within others included."""
    found = {}

    def add(name, tensor):
        if not isinstance(tensor, torch.Tensor):
            return
        inner = getattr(tensor, "__tensor_flatten__", None)
        if inner is not None:
            for part in inner()[0]:
                add(f"{name}.{part}", getattr(tensor, part))
            return
        found[name] = [str(tensor.dtype).removeprefix("torch."), tensor.numel() * tensor.element_size()]

    for name, parameter in [*model.named_parameters(), *model.named_buffers()]:
        add(name, parameter)
        add(f"{name}.SCB", getattr(parameter, "SCB", None))
        state = getattr(parameter, "quant_state", None)
        for part in ("absmax", "code", "offset"):
            add(f"{name}.{part}", getattr(state, part, None))
        for part in ("absmax", "code"):
            add(f"{name}.nested.{part}", getattr(getattr(state, "state2", None), part, None))
    return found


def make(kind, folder):
    """Makes a kind's files and loads them without a device."""
    package, _, layout = kind.partition(":")
    if package == "gguf":
        path = os.path.join(folder, "model.gguf")
        if layout == "llama":
            make_gguf_language_model(path)
            return load_gguf_language_model(path, "cpu")
        make_transformer(path, layout)
        return load_transformer(path)
    make_language_model(folder)
    config = bitsandbytes_config(layout) if package == "bitsandbytes" else torchao_config(layout)
    model = load_language_model(folder, "cpu", config)
    if package == "bitsandbytes":
        model.save_pretrained(os.path.join(folder, "packed"))
    return model


def main():
    made = {}
    for kind in sys.argv[2:]:
        folder = folder_of(sys.argv[1], kind)
        os.mkdir(folder)
        made[kind] = tensors_of(make(kind, folder))
    print(json.dumps(made))


def folder_of(parent, kind):
    """Where a kind's files are."""
    return os.path.join(parent, kind.replace(":", "-"))


if __name__ == "__main__":
    main()
