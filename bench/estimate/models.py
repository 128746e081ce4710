"""The models of the table, built from their configurations: no file, no download.

One function makes the model or the pipeline, another gives a call that runs it once. Neither memory nor time depends
on what a text says, so texts are zeros of the length that the pipeline would pad them to.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import torch

Call = Callable[[], Any]
CUDA = "cuda"
# What transformers calls a model's type: releases of 2024 have another word.
DTYPE = "dtype" if int(version("transformers").partition(".")[0]) >= 5 else "torch_dtype"


def zeros(*shape: int) -> torch.Tensor:
    """Token ids."""
    return torch.zeros(*shape, dtype=torch.int64, device=CUDA)


def decoder(config: Any, dtype: torch.dtype = torch.bfloat16, **options: Any) -> Any:
    """A language model of transformers."""
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_config(config, **{DTYPE: dtype}, **options).eval().to(CUDA)


def llama_8b() -> Any:
    """Llama-3.1-8B."""
    from transformers import LlamaConfig

    return decoder(
        LlamaConfig(
            vocab_size=128256,
            hidden_size=4096,
            intermediate_size=14336,
            num_hidden_layers=32,
            num_attention_heads=32,
            num_key_value_heads=8,
            max_position_embeddings=131072,
            rope_parameters={"rope_type": "default", "rope_theta": 500000.0},
            eos_token_id=128001,
        )
    )


def qwen3_8b() -> Any:
    """Qwen3-8B."""
    from transformers import Qwen3Config

    return decoder(
        Qwen3Config(
            vocab_size=151936,
            hidden_size=4096,
            intermediate_size=12288,
            num_hidden_layers=36,
            num_attention_heads=32,
            num_key_value_heads=8,
            head_dim=128,
            tie_word_embeddings=False,
        )
    )


def generation(model: Any, prompt: int, new: int) -> Call:
    """`generate` of so many tokens."""
    ids = zeros(1, prompt)
    return lambda: model.generate(ids, max_new_tokens=new, min_new_tokens=new, do_sample=False)


def training_step(model: Any, batch: int, length: int) -> Call:
    """Gradients away, forward, `logits.sum()`, backward: as transformers' documentation measures.

    The output has a name, so the logits are there until the step has ended, and the mask is all ones: as in the
    script of those figures (optimum, tests/benchmark/benchmark_bettertransformer_training_minimal.py).
    """
    ids = zeros(batch, length)

    def step() -> None:
        for parameter in model.parameters():
            parameter.grad = None
        output = model(input_ids=ids, attention_mask=torch.ones_like(ids))
        output.logits.sum().backward()

    return step


def bert() -> Any:
    """bert-base-uncased with its language head."""
    from transformers import BertConfig, BertForMaskedLM

    model = BertForMaskedLM(BertConfig(attn_implementation="sdpa")).to(torch.float16)
    return model.to(CUDA).train()


def opt_350m() -> Any:
    """OPT-350m with attention written out."""
    from transformers import OPTConfig

    config = OPTConfig(
        hidden_size=1024,
        ffn_dim=4096,
        num_hidden_layers=24,
        num_attention_heads=16,
        word_embed_proj_dim=512,
        do_layer_norm_before=False,
    )
    return decoder(config, torch.float16, attn_implementation="eager").train()


def clip(large: bool, dtype: torch.dtype) -> Any:
    """A text encoder: CLIP ViT-L/14 or OpenCLIP bigG/14."""
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    if not large:
        config = CLIPTextConfig(
            hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12,
            projection_dim=768,
        )
        return CLIPTextModel(config).to(dtype)
    config = CLIPTextConfig(
        hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=20,
        projection_dim=1280, hidden_act="gelu",
    )
    return CLIPTextModelWithProjection(config).to(dtype)


def t5(dtype: torch.dtype) -> Any:
    """T5 v1.1 XXL's encoder."""
    from transformers import T5Config, T5EncoderModel

    config = T5Config(
        d_model=4096, d_ff=10240, d_kv=64, num_layers=24, num_heads=64, vocab_size=32128,
        feed_forward_proj="gated-gelu", is_encoder_decoder=False,
    )
    return T5EncoderModel._from_config(config, **{DTYPE: dtype}).eval()


def image_vae(channels: int, dtype: torch.dtype, **options: Any) -> Any:
    """The autoencoder of SD and FLUX."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(128, 256, 512, 512),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2,
        latent_channels=channels,
        sample_size=1024,
        **options,
    ).to(dtype)


def flux(guided: bool = True) -> Any:
    """FLUX.1-dev's pipeline, or -schnell's."""
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel

    half = torch.bfloat16
    return FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=guided, shift=3.0 if guided else 1.0),
        vae=image_vae(
            16, half, use_quant_conv=False, use_post_quant_conv=False, scaling_factor=0.3611,
            shift_factor=0.1159,
        ),
        text_encoder=clip(False, half),
        tokenizer=None,
        text_encoder_2=t5(half),
        tokenizer_2=None,
        transformer=FluxTransformer2DModel(guidance_embeds=guided).to(half),
    ).to(CUDA)


def flux_call(pipe: Any, batch: int, steps: int, tokens: int = 512) -> Call:
    """A picture of 1024 x 1024."""

    def call() -> Any:
        with torch.no_grad():
            pooled = pipe.text_encoder(zeros(1, 77)).pooler_output
            texts = pipe.text_encoder_2(zeros(1, tokens))[0]
        return pipe(
            prompt_embeds=texts,
            pooled_prompt_embeds=pooled,
            num_images_per_prompt=batch,
            height=1024,
            width=1024,
            num_inference_steps=steps,
            max_sequence_length=tokens,
        )

    return call


def flux_transformer() -> Any:
    """FLUX.1-dev's transformer."""
    from diffusers import FluxTransformer2DModel

    return FluxTransformer2DModel(guidance_embeds=True).to(torch.bfloat16).to(CUDA).eval()


def flux_transformer_call(model: Any) -> Call:
    """One forward: 4096 and 512 tokens."""
    half = torch.bfloat16

    def call() -> Any:
        def some(*shape: int) -> torch.Tensor:
            return torch.randn(*shape, device=CUDA, dtype=half)

        with torch.no_grad():
            return model(
                hidden_states=some(1, 4096, 64),
                encoder_hidden_states=some(1, 512, 4096),
                pooled_projections=some(1, 768),
                img_ids=some(4096, 3),
                txt_ids=some(512, 3),
                timestep=torch.ones(1, device=CUDA, dtype=half),
                guidance=torch.ones(1, device=CUDA, dtype=half),
            )

    return call


def cogvideox() -> Any:
    """CogVideoX-2B's pipeline in fp16."""
    from diffusers import (
        AutoencoderKLCogVideoX,
        CogVideoXDDIMScheduler,
        CogVideoXPipeline,
        CogVideoXTransformer3DModel,
    )

    half = torch.float16
    return CogVideoXPipeline(
        tokenizer=None,
        text_encoder=t5(half),
        vae=AutoencoderKLCogVideoX(
            down_block_types=("CogVideoXDownBlock3D",) * 4,
            up_block_types=("CogVideoXUpBlock3D",) * 4,
        ).to(half),
        transformer=CogVideoXTransformer3DModel().to(half),
        scheduler=CogVideoXDDIMScheduler(),
    ).to(CUDA)


def cogvideox_call(pipe: Any, steps: int) -> Call:
    """49 frames of 480 x 720 with guidance."""

    def call() -> Any:
        with torch.no_grad():
            texts = pipe.text_encoder(zeros(1, 226))[0]
            none = pipe.text_encoder(zeros(1, 226))[0]
        return pipe(
            prompt_embeds=texts,
            negative_prompt_embeds=none,
            height=480,
            width=720,
            num_frames=49,
            num_inference_steps=steps,
            guidance_scale=6.0,
        )

    return call


def sdxl() -> Any:
    """SDXL's base pipeline in bf16."""
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline, UNet2DConditionModel

    half = torch.bfloat16
    unet = UNet2DConditionModel(
        sample_size=128,
        block_out_channels=(320, 640, 1280),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=2,
        transformer_layers_per_block=[1, 2, 10],
        attention_head_dim=[5, 10, 20],
        cross_attention_dim=2048,
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=256,
        projection_class_embeddings_input_dim=2816,
    ).to(half)
    return StableDiffusionXLPipeline(
        vae=image_vae(4, half, scaling_factor=0.13025),
        text_encoder=clip(False, half),
        text_encoder_2=clip(True, half),
        tokenizer=None,
        tokenizer_2=None,
        unet=unet,
        scheduler=EulerDiscreteScheduler(),
        add_watermarker=False,
    ).to(CUDA)


def sdxl_call(pipe: Any, steps: int) -> Call:
    """A picture of 1024 x 1024 with guidance."""

    def call() -> Any:
        def texts() -> tuple[torch.Tensor, torch.Tensor]:
            first = pipe.text_encoder(zeros(1, 77), output_hidden_states=True).hidden_states[-2]
            second = pipe.text_encoder_2(zeros(1, 77), output_hidden_states=True)
            return torch.cat([first, second.hidden_states[-2]], -1), second[0]

        with torch.no_grad():
            some, pooled = texts()
            none, none_pooled = texts()
        return pipe(
            prompt_embeds=some,
            pooled_prompt_embeds=pooled,
            negative_prompt_embeds=none,
            negative_pooled_prompt_embeds=none_pooled,
            height=1024,
            width=1024,
            num_inference_steps=steps,
        )

    return call


def sd15(fused: bool) -> Any:
    """Stable Diffusion 1.5's pipeline in bf16, without the safety checker."""
    from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline, UNet2DConditionModel

    half = torch.bfloat16
    pipe = StableDiffusionPipeline(
        vae=image_vae(4, half, scaling_factor=0.18215),
        text_encoder=clip(False, half),
        tokenizer=None,
        unet=UNet2DConditionModel(sample_size=64, cross_attention_dim=768).to(half),
        scheduler=DPMSolverMultistepScheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).to(CUDA)
    if not fused:
        pipe.unet.set_default_attn_processor()
        pipe.vae.set_default_attn_processor()
    return pipe


def sd15_call(pipe: Any, steps: int) -> Call:
    """A picture of 512 x 512 with guidance."""

    def call() -> Any:
        with torch.no_grad():
            some = pipe.text_encoder(zeros(1, 77))[0]
            none = pipe.text_encoder(zeros(1, 77))[0]
        return pipe(
            prompt_embeds=some,
            negative_prompt_embeds=none,
            height=512,
            width=512,
            num_inference_steps=steps,
        )

    return call
