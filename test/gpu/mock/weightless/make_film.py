"""Writes Wan2.2-T2V-A14B's pipeline to a folder, from its configurations and without its weights.

    python make_film.py FOLDER

35 billion parameters in bf16, 69 GB of sparse files. Prints the number of parameters.
"""

import json
import sys
from pathlib import Path

import torch
from sparse import size_of, write_shards

# As the Hub's files of such models.
MOST_SHARD_BYTES = 5 * 10**9


def save(model, folder, base, kind):
    """A model's configuration and sharded files; gives the number of its parameters."""
    folder.mkdir(parents=True)
    writer = getattr(model.config, "save_pretrained", None) or model.save_config
    writer(folder)
    shards, filled = [{}], 0
    for name, tensor in model.state_dict().items():
        size = size_of(kind, tensor.shape)
        if filled + size > MOST_SHARD_BYTES:
            shards.append({})
            filled = 0
        shards[-1][name] = (kind, list(tensor.shape))
        filled += size
    write_shards(folder, base, shards)
    return sum(parameter.numel() for parameter in model.parameters())


def main():
    from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanTransformer3DModel
    from transformers import UMT5Config, UMT5EncoderModel

    folder = Path(sys.argv[1])
    # UMT5-XXL's encoder; the classes of diffusers have Wan2.2-T2V-A14B's numbers as defaults.
    text = UMT5Config(
        d_model=4096, d_ff=10240, d_kv=64, num_layers=24, num_heads=64, vocab_size=256384,
        feed_forward_proj="gated-gelu", is_encoder_decoder=False, architectures=["UMT5EncoderModel"],
    )
    with torch.device("meta"):
        count = save(UMT5EncoderModel(text), folder / "text_encoder", "model", "BF16")
        for part in ("transformer", "transformer_2"):
            count += save(WanTransformer3DModel(), folder / part, "diffusion_pytorch_model", "BF16")
        count += save(AutoencoderKLWan(), folder / "vae", "diffusion_pytorch_model", "F32")
    UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
    ).save_pretrained(folder / "scheduler")
    index = {
        "_class_name": "WanPipeline",
        "boundary_ratio": 0.875,
        "transformer": ["diffusers", "WanTransformer3DModel"],
        "transformer_2": ["diffusers", "WanTransformer3DModel"],
        "text_encoder": ["transformers", "UMT5EncoderModel"],
        "tokenizer": [None, None],
        "vae": ["diffusers", "AutoencoderKLWan"],
        "scheduler": ["diffusers", "UniPCMultistepScheduler"],
    }
    (folder / "model_index.json").write_text(json.dumps(index))
    print(count)


if __name__ == "__main__":
    main()
