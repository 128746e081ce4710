"""Libraries that Spaces use at start-up, after `import spaces`."""
# prelude: import spaces, torch
# prelude: from accelerate import Accelerator
# prelude: from diffusers import AutoencoderKL, DDPMPipeline, DDPMScheduler, UNet2DModel
# prelude: from transformers import BertConfig, BertModel

# probe: transformers-model-to
from transformers import BertConfig, BertModel
config = BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, vocab_size=16)
BertModel(config).to("cuda").device

# probe: transformers-model-forward
from transformers import BertConfig, BertModel
config = BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, vocab_size=16)
model = BertModel(config).to("cuda").eval()
model(torch.ones(1, 2, dtype=torch.long, device="cuda")).last_hidden_state.device

# probe: transformers-device-map
import tempfile
from transformers import BertConfig, BertModel
config = BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, vocab_size=16)
folder = tempfile.mkdtemp()
BertModel(config).save_pretrained(folder)
BertModel.from_pretrained(folder, device_map="cuda").device

# probe: transformers-device-map-auto
import tempfile
from transformers import BertConfig, BertModel
config = BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, vocab_size=16)
folder = tempfile.mkdtemp()
BertModel(config).save_pretrained(folder)
BertModel.from_pretrained(folder, device_map="auto").device

# probe: transformers-set-seed
from transformers import set_seed
set_seed(1)

# probe: transformers-flash-attention
from transformers.utils import is_flash_attn_2_available
is_flash_attn_2_available()

# probe: transformers-gpu-available
from transformers.utils import is_torch_bf16_gpu_available
is_torch_bf16_gpu_available()

# probe: diffusers-model-to
from diffusers import AutoencoderKL
AutoencoderKL(block_out_channels=(4,), norm_num_groups=2).to("cuda").device

# probe: diffusers-pipeline-to
from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel
unet = UNet2DModel(sample_size=8, block_out_channels=(4, 4), norm_num_groups=2, layers_per_block=1,
    down_block_types=("DownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "UpBlock2D"))
DDPMPipeline(unet, DDPMScheduler()).to("cuda").device

# probe: diffusers-cpu-offload
from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel
unet = UNet2DModel(sample_size=8, block_out_channels=(4, 4), norm_num_groups=2, layers_per_block=1,
    down_block_types=("DownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "UpBlock2D"))
DDPMPipeline(unet, DDPMScheduler()).enable_model_cpu_offload()

# probe: accelerate-device
from accelerate import Accelerator
Accelerator().device

# probe: accelerate-prepare
from accelerate import Accelerator
Accelerator().prepare(torch.nn.Linear(2, 2))

# probe: accelerate-max-memory
from accelerate.utils import get_max_memory
list(get_max_memory())

# probe: accelerate-empty-weights
from accelerate import init_empty_weights
with init_empty_weights():
    net = torch.nn.Linear(2, 2)
net.weight.device

# probe: accelerate-cpu-offload
from accelerate import cpu_offload
cpu_offload(torch.nn.Linear(2, 2), execution_device=torch.device("cuda"))

# probe: accelerate-dispatch
from accelerate import dispatch_model
dispatch_model(torch.nn.Sequential(torch.nn.Linear(2, 2)), device_map={"": 0})

# probe: accelerate-bf16
from accelerate.utils import is_bf16_available
is_bf16_available()

# probe: accelerate-clear-memory
from accelerate.utils import release_memory
release_memory(torch.ones(1, device="cuda"))

# probe: bitsandbytes-linear
import bitsandbytes
bitsandbytes.nn.Linear8bitLt(8, 8, has_fp16_weights=False).cuda()

# probe: bitsandbytes-linear4
import bitsandbytes
bitsandbytes.nn.Linear4bit(64, 64).cuda()

# probe: peft-model
from peft import LoraConfig, get_peft_model
net = torch.nn.Sequential(torch.nn.Linear(2, 2)).cuda()
next(get_peft_model(net, LoraConfig(target_modules=["0"])).parameters()).device
