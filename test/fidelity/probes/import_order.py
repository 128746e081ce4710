"""What may come before `import spaces`: no package is imported for the first, PyTorch and Gradio for the rest."""
# prelude: pass

# probe: spaces-then-torch
import spaces
import torch
torch.cuda.is_available()

# probe: torch-then-spaces
import torch
import spaces
torch.cuda.is_available()

# probe: gradio-then-spaces
import gradio
import spaces

# probe: spaces-in-a-thread
import threading
import torch
seen = []
def load():
    import spaces
    seen.append(str(torch.ones(1, device="cuda").device))
thread = threading.Thread(target=load)
thread.start()
thread.join()
seen

# prelude: import gradio, torch

# probe: transformers-then-spaces
import transformers
import spaces

# probe: transformers-class-then-spaces
from transformers import AutoModel
import spaces

# probe: transformers-pipeline-then-spaces
from transformers import pipeline
import spaces

# probe: diffusers-then-spaces
import diffusers
import spaces

# probe: diffusers-class-then-spaces
from diffusers import DiffusionPipeline
import spaces

# probe: accelerate-then-spaces
import accelerate
import spaces

# probe: accelerate-class-then-spaces
from accelerate import Accelerator
import spaces

# probe: bitsandbytes-then-spaces
import bitsandbytes
import spaces

# probe: peft-then-spaces
import peft
import spaces

# probe: safetensors-then-spaces
import safetensors.torch
import spaces

# probe: spaces-then-diffusers
import spaces
from diffusers import DiffusionPipeline

# probe: spaces-then-bitsandbytes
import spaces
import bitsandbytes

# probe: spaces-twice
import spaces
import importlib
importlib.import_module("spaces").GPU is spaces.GPU

# probe: gpu-from-spaces
from spaces import GPU
GPU(lambda: 1).__name__

# probe: spaces-in-a-thread-then-main
import threading
import torch
thread = threading.Thread(target=lambda: __import__("spaces"))
thread.start()
thread.join()
torch.ones(1, device="cuda")
