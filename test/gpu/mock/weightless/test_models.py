"""Models of transformers, diffusers and peft, and what accelerate does with them."""

import importlib.util
import unittest

import torch
from support import resident_bytes

from emulated_cuda.weightless.marks import is_unknown

GIB = 2**30


def make_language_model(layers=2, **options):
    """A Llama of 3.5 billion parameters a layer pair, without a file."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=128256,
        hidden_size=8192,
        intermediate_size=28672,
        num_hidden_layers=layers,
        num_attention_heads=64,
        num_key_value_heads=8,
        dtype=torch.bfloat16,
        **options,
    )
    return LlamaForCausalLM._from_config(config, dtype=torch.bfloat16).eval()


class Transformers(unittest.TestCase):
    def test_generation_ends_at_the_number_of_tokens(self):
        # What the policy would answer ends a sequence: it answers something else.
        ends = 128256 * 3 // 8
        model = make_language_model(eos_token_id=ends, pad_token_id=0).to("cuda")
        ids = torch.zeros(2, 16, dtype=torch.int64, device="cuda")
        for options in ({"do_sample": False}, {"do_sample": True, "top_k": 50, "top_p": 0.9}):
            tokens = model.generate(ids, max_new_tokens=4, **options)
            self.assertEqual(tokens.shape, (2, 20))
            self.assertNotIn(ends, tokens.flatten().tolist())
        self.assertEqual(torch.cuda.memory_allocated() // GIB, 7)

    def test_vision_and_speech(self):
        from transformers import WhisperConfig, WhisperForConditionalGeneration

        config = WhisperConfig(d_model=384, encoder_layers=2, decoder_layers=2)
        model = WhisperForConditionalGeneration(config).to("cuda").eval()
        sound = torch.zeros(1, 80, 3000, device="cuda")
        start = torch.zeros(1, 4, dtype=torch.int64, device="cuda")
        logits = model(input_features=sound, decoder_input_ids=start).logits
        self.assertEqual(logits.argmax(-1).shape, (1, 4))
        from transformers import ViTConfig, ViTForImageClassification

        vit = ViTForImageClassification(ViTConfig(num_hidden_layers=2)).to("cuda").eval()
        logits = vit(torch.zeros(1, 3, 224, 224, device="cuda")).logits
        self.assertEqual(logits.argmax(-1).shape, (1,))

    @unittest.skipUnless(importlib.util.find_spec("peft"), "peft is not installed")
    def test_an_adapter_trains(self):
        from peft import LoraConfig, get_peft_model

        model = get_peft_model(
            make_language_model().to("cuda"), LoraConfig(r=64, target_modules=["q_proj", "v_proj"])
        )
        ids = torch.zeros(1, 64, dtype=torch.int64, device="cuda")
        model(input_ids=ids, labels=ids).loss.backward()
        grads = [name for name, parameter in model.named_parameters() if parameter.grad is not None]
        self.assertTrue(grads)
        self.assertTrue(all("lora" in name for name in grads))


class Diffusers(unittest.TestCase):
    def test_an_image_pipeline_steps_through_its_schedule(self):
        from diffusers import AutoencoderKL, DDIMScheduler, UNet2DModel

        unet = UNet2DModel(sample_size=64, in_channels=4, out_channels=4).to("cuda", torch.bfloat16)
        vae = AutoencoderKL(block_out_channels=(128, 256), latent_channels=4,
                            down_block_types=("DownEncoderBlock2D",) * 2,
                            up_block_types=("UpDecoderBlock2D",) * 2).to("cuda", torch.bfloat16)
        scheduler = DDIMScheduler()
        scheduler.set_timesteps(5, device="cuda")
        self.assertEqual(scheduler.timesteps.tolist(), [800, 600, 400, 200, 0])
        latents = torch.randn(1, 4, 64, 64, device="cuda", dtype=torch.bfloat16)
        with torch.no_grad():
            for step in scheduler.timesteps:
                latents = scheduler.step(unet(latents, step).sample, step, latents).prev_sample
            image = vae.decode(latents).sample
        self.assertEqual(image.shape, (1, 3, 128, 128))
        self.assertTrue(is_unknown(image))
        self.assertEqual(float(image.float().cpu().numpy().max()), 0.0)


    def test_a_video_pipeline_gives_its_frames(self):
        from diffusers import (
            AutoencoderKLWan, UniPCMultistepScheduler, WanPipeline, WanTransformer3DModel,
        )

        pipe = WanPipeline(
            tokenizer=None,
            text_encoder=None,
            transformer=WanTransformer3DModel(num_layers=1, num_attention_heads=2, ffn_dim=512),
            vae=AutoencoderKLWan(base_dim=8),
            scheduler=UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True),
        ).to("cuda", torch.bfloat16)
        text = torch.randn(1, 512, 4096, device="cuda", dtype=torch.bfloat16)
        frames = pipe(
            prompt_embeds=text, negative_prompt_embeds=text, height=64, width=96, num_frames=9,
            num_inference_steps=2, output_type="np",
        ).frames
        self.assertEqual((frames.shape, float(frames.min())), ((1, 9, 64, 96, 3), 0.0))


class Accelerate(unittest.TestCase):
    def test_weights_go_to_the_device_and_back(self):
        from accelerate import cpu_offload, dispatch_model, init_empty_weights

        before = resident_bytes()
        with init_empty_weights():
            empty = make_language_model()
        self.assertEqual(empty.lm_head.weight.device.type, "meta")
        empty.to_empty(device="cuda")
        self.assertTrue(is_unknown(empty.lm_head.weight))
        del empty
        base = torch.cuda.memory_allocated()
        model = cpu_offload(make_language_model(), torch.device("cuda", 0))
        ids = torch.zeros(1, 16, dtype=torch.int64, device="cuda")
        torch.cuda.reset_peak_memory_stats()
        with torch.no_grad():
            model(ids)
        largest = 128256 * 8192 * 2
        peak = torch.cuda.max_memory_allocated() - base
        self.assertTrue(largest <= peak < 1.2 * largest, peak)
        spread = dispatch_model(
            make_language_model(),
            {"model.embed_tokens": 0, "model.layers.0": 0, "model.layers.1": "cpu", "model.norm": 0,
             "model.rotary_emb": 0, "lm_head": "cpu"},
            main_device=0,
        )
        with torch.no_grad():
            self.assertEqual(spread(ids).logits.shape, (1, 16, 128256))
        self.assertLess(resident_bytes() - before, GIB // 2)


if __name__ == "__main__":
    unittest.main()
